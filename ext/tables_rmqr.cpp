// rMQR: ISO/IEC 23941:2022.
#include "tables_parts.hpp"

namespace qrcore::rmqr {
namespace {

// Clause 5.3 and Tables 1, 3 and 8 (p. 29): size; check codewords a block and blocks, for M and H; bits of
// the character count for numeric, alphanumeric, byte and kanji.
struct Row {
    std::uint8_t width, height, check[2], blocks[2], count_bits[4];
};

constexpr std::array<Row, 32> rows{{
    {43, 7, {7, 10}, {1, 1}, {4, 3, 3, 2}},     // 1: R7x43
    {59, 7, {9, 14}, {1, 1}, {5, 5, 4, 3}},     // 2: R7x59
    {77, 7, {12, 22}, {1, 1}, {6, 5, 5, 4}},    // 3: R7x77
    {99, 7, {16, 30}, {1, 1}, {7, 6, 5, 5}},    // 4: R7x99
    {139, 7, {24, 22}, {1, 2}, {7, 6, 6, 5}},   // 5: R7x139
    {43, 9, {9, 14}, {1, 1}, {5, 5, 4, 3}},     // 6: R9x43
    {59, 9, {12, 22}, {1, 1}, {6, 5, 5, 4}},    // 7: R9x59
    {77, 9, {18, 16}, {1, 2}, {7, 6, 5, 5}},    // 8: R9x77
    {99, 9, {24, 22}, {1, 2}, {7, 6, 6, 5}},    // 9: R9x99
    {139, 9, {18, 22}, {2, 3}, {8, 7, 6, 6}},   // 10: R9x139
    {27, 11, {8, 10}, {1, 1}, {4, 4, 3, 2}},    // 11: R11x27
    {43, 11, {12, 20}, {1, 1}, {6, 5, 5, 4}},   // 12: R11x43
    {59, 11, {16, 16}, {1, 2}, {7, 6, 5, 5}},   // 13: R11x59
    {77, 11, {24, 22}, {1, 2}, {7, 6, 6, 5}},   // 14: R11x77
    {99, 11, {16, 30}, {2, 2}, {8, 7, 6, 6}},   // 15: R11x99
    {139, 11, {24, 30}, {2, 3}, {8, 7, 7, 6}},  // 16: R11x139
    {27, 13, {9, 14}, {1, 1}, {5, 5, 4, 3}},    // 17: R13x27
    {43, 13, {14, 28}, {1, 1}, {6, 6, 5, 5}},   // 18: R13x43
    {59, 13, {22, 20}, {1, 2}, {7, 6, 6, 5}},   // 19: R13x59
    {77, 13, {16, 28}, {2, 2}, {7, 7, 6, 6}},   // 20: R13x77
    {99, 13, {20, 26}, {2, 3}, {8, 7, 7, 6}},   // 21: R13x99
    {139, 13, {20, 28}, {3, 4}, {8, 8, 7, 7}},  // 22: R13x139
    {43, 15, {18, 18}, {1, 2}, {7, 6, 6, 5}},   // 23: R15x43
    {59, 15, {26, 24}, {1, 2}, {7, 7, 6, 5}},   // 24: R15x59
    {77, 15, {18, 24}, {2, 3}, {8, 7, 7, 6}},   // 25: R15x77
    {99, 15, {24, 22}, {2, 4}, {8, 7, 7, 6}},   // 26: R15x99
    {139, 15, {24, 26}, {3, 5}, {9, 8, 7, 7}},  // 27: R15x139
    {43, 17, {22, 20}, {1, 2}, {7, 6, 6, 5}},   // 28: R17x43
    {59, 17, {16, 30}, {2, 2}, {8, 7, 6, 6}},   // 29: R17x59
    {77, 17, {22, 28}, {2, 3}, {8, 7, 7, 6}},   // 30: R17x77
    {99, 17, {20, 26}, {3, 4}, {8, 8, 7, 6}},   // 31: R17x99
    {139, 17, {20, 26}, {4, 6}, {9, 8, 8, 7}},  // 32: R17x139
}};

const Row& row(int version) { return rows[static_cast<std::size_t>(version - 1)]; }

// Columns of vertical timing patterns between the sides, with an alignment pattern at either end (Annex D, Table D.1,
// p. 61).
std::span<const std::uint8_t> timing_columns(int width) {
    static constexpr std::uint8_t w43[] = {21}, w59[] = {19, 39}, w77[] = {25, 51}, w99[] = {23, 49, 75},
                                  w139[] = {27, 55, 83, 111};
    switch (width) {
        case 43: return w43;
        case 59: return w59;
        case 77: return w77;
        case 99: return w99;
        case 139: return w139;
        default: return {};
    }
}

// Clause 7.9. Bit 17 first; three modules of the second copy lie left of the rest of their row.
void draw_format(Drawing& d, int w, int h) {
    for (int k = 17; k >= 0; --k) {
        d.format(0, 8 + k / 5, 1 + k % 5);
        if (k < 15) d.format(1, w - 8 + k / 5, h - 6 + k % 5);
        else d.format(1, w - 5 + k - 15, h - 6);
    }
}

}  // namespace

Size size(int version) { return {row(version).width, row(version).height}; }

void layout(int version, Layout& out) {
    const auto [w, h] = size(version);
    Drawing d(version, {w, h}, out);
    d.finder(3, 3);
    d.rings(w - 3, h - 3, 2, 0b101);  // the finder sub pattern
    d.set(w - 2, 1, false);           // the corner patterns, as far as they differ from the timing patterns
    d.set(w - 2, 0, true);
    if (h > 9) d.set(1, h - 2, false), d.set(0, h - 2, true);
    d.set(1, h - 1, true);
    for (const int x : timing_columns(w))
        for (const int y : {1, h - 2}) {
            d.rings(x, y, 1, 0b10);
            d.alignment_centre(x, y);
        }
    d.timing_row(0);
    d.timing_row(h - 1);
    d.timing_column(0);
    d.timing_column(w - 1);
    for (const int x : timing_columns(w)) d.timing_column(x);
    draw_format(d, w, h);
    d.place(w - 2, -1, true);
}

// Modules left for the message, in codewords: all inside the rim of timing patterns without the finder and its
// separator, the sub pattern, two corners, format information, and the inner timing columns with their alignments.
int codewords(int version) {
    const auto [w, h] = size(version);
    const int corners = h > 9 ? 2 : 1, columns = static_cast<int>(timing_columns(w).size());
    return ((w - 2) * (h - 2) - 7 * std::min(7, h - 2) - 16 - corners - 36 - columns * (h + 6)) / 8;
}

bool blocks(int version, Level level, Blocks& out) {
    if (level != Level::M && level != Level::H) return false;
    const std::size_t l = level == Level::H;
    const int check = row(version).check[l];
    // Codewords kept for misdecode protection, so that no random word is mended more often than 1e-9: our own rule,
    // stricter than half the check codewords in the smallest symbols.
    const int protection = check > 12 ? 0 : check % 2 ? 3 : 2;
    out = even_blocks(codewords(version), row(version).blocks[l], check, protection);
    return true;
}

bool mask(int, int x, int y) { return qr::mask(4, x, y); }  // clause 7.8: the only one

// Clause 7.9: one bit of level, five of version.
bool meaning(int value, int version, Level& level, int& mask) {
    level = value & 32 ? Level::H : Level::M;
    mask = 0;
    return (value & 31) == version - 1;
}

// Clause 7.4, Table 2 (p. 17).
int mode_bits(int) { return 3; }
int terminator_bits(int) { return 3; }

Indicator indicator(int, unsigned bits) {
    constexpr Indicator modes[8] = {Indicator::terminator,  Indicator::numeric, Indicator::alphanumeric,
                                    Indicator::byte,        Indicator::kanji,   Indicator::fnc1_first,
                                    Indicator::fnc1_second, Indicator::eci};
    return modes[bits & 7];
}

int count_bits(int version, Indicator mode) {
    const auto& bits = row(version).count_bits;
    switch (mode) {
        case Indicator::numeric: return bits[0];
        case Indicator::alphanumeric: return bits[1];
        case Indicator::byte: return bits[2];
        case Indicator::kanji: return bits[3];
        default: return 0;
    }
}

}  // namespace qrcore::rmqr
