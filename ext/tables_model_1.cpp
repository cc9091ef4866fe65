// QR Code Model 1: ISO/IEC 18004:2000, Annex M (AIM ITS 97/001). Finders, timing, format information, masks and modes
// are those of QR Code; there are no alignment patterns and no version information. The annex has no ECI and FNC1
// either; a symbol with them is read all the same.
#include "tables_parts.hpp"

namespace qrcore::model_1 {
namespace {

// Extension patterns on the right edge and on the lower one, which is its transposition: one every eight modules from
// the corner, none next to the finder.
int extensions(int version) { return version / 2; }

// The edge of an extension pattern is dark, the line inside it light. In the corner they meet with one dark module.
void draw_extensions(Drawing& d, int n, int count) {
    for (int line = 1; line <= 2; ++line) {
        for (int k = 1; k <= count; ++k)
            for (int i = n - 8 * k - 4; i < n - 8 * k; ++i) {
                d.set(n - line, i, line == 1);
                d.set(i, n - line, line == 1);
            }
        for (int i = 1; i <= 2; ++i) d.set(n - line, n - i, line == 1 && i == 1);
    }
}

// Table M.4: check codewords a block and number of blocks, by version, for L, M, Q, H.
constexpr std::array<qr::CheckRow, 14> check_rows{{
    {{7, 10, 13, 17}, {1, 1, 1, 1}},   // 1
    {{10, 16, 22, 30}, {1, 1, 1, 1}},  // 2
    {{15, 28, 36, 48}, {1, 1, 1, 1}},  // 3
    {{20, 40, 50, 66}, {1, 1, 1, 1}},  // 4
    {{26, 52, 66, 44}, {1, 1, 1, 2}},  // 5
    {{34, 32, 42, 56}, {1, 2, 2, 2}},  // 6
    {{42, 40, 52, 46}, {1, 2, 2, 3}},  // 7
    {{24, 48, 64, 56}, {2, 2, 2, 3}},  // 8
    {{30, 60, 50, 68}, {2, 2, 3, 3}},  // 9
    {{34, 68, 58, 58}, {2, 2, 3, 4}},  // 10
    {{40, 40, 52, 54}, {2, 4, 4, 5}},  // 11
    {{46, 46, 58, 62}, {2, 4, 4, 5}},  // 12
    {{36, 52, 66, 58}, {3, 4, 4, 6}},  // 13
    {{40, 60, 60, 66}, {3, 4, 5, 6}},  // 14
}};

}  // namespace

// Codewords are 2 x 4 modules in the four columns of modules at the right edge and in those between the two finders at
// the left edge, 4 x 2 elsewhere. Either way their bits run from right to left and upwards, and they are stacked
// upwards: a stack of them is a strip. The corner stands where the first codeword would have its first four bits.
void layout(int version, Layout& out) {
    const int n = qr::size(version).width;
    Drawing d(version, qr::size(version), out);
    qr::draw_frame(d, n);
    draw_extensions(d, n, extensions(version));
    qr::draw_format(d, n);
    for (int x = n - 1, width = 2; x > 0; x -= width) {
        if (x == 6) --x;  // the timing pattern
        width = x < 9 || x >= n - 4 ? 2 : 4;
        d.strip(x, width, true);
    }
}

// Tables M.2 and M.4. Blocks are all of one length and follow each other: codewords that do not make up one more in
// each are left unused at the end. The corner counts as the head of the first. Misdecode protection is QR Code's.
bool blocks(int version, Level level, Blocks& out) {
    const int total = (qr::framed_modules(qr::size(version).width) - 16 * extensions(version)) / 8;
    const qr::CheckRow& row = check_rows[static_cast<std::size_t>(version - 1)];
    const auto l = static_cast<std::size_t>(level);
    out = even_blocks(total - total % row.blocks[l], row.blocks[l], row.check[l], qr::protection(version, level));
    out.interleaved = false;
    return true;
}

}  // namespace qrcore::model_1
