// QR Code (Model 2): ISO/IEC 18004:2024.
#include "tables_parts.hpp"

namespace qrcore::qr {
namespace {

// Positions of alignment pattern centres in both directions (Annex E, Table E.1, p. 83). The table follows from its
// rule: the last lies 7 from the end, the spacing is even and as equal as can be, and what is left over goes to the
// first gap, after 6.
struct Alignments {
    std::array<int, 7> at;
    int n;
};

Alignments alignments(int version) {
    Alignments a{{}, 0};
    if (version == 1) return a;
    a.n = version / 7 + 2;
    const int last = size(version).width - 7;
    const int step = (version * 8 + a.n * 3 + 5) / (a.n * 4 - 4) * 2;
    a.at[0] = 6;
    for (int i = 1; i < a.n; ++i) a.at[static_cast<std::size_t>(i)] = last - (a.n - 1 - i) * step;
    return a;
}

// Clause 7.10 (p. 58). Bit 17 first; the second copy is the first one transposed.
void draw_version_info(Drawing& d, int n) {
    for (int k = 17; k >= 0; --k) {
        d.version(0, n - 11 + k % 3, k / 3);
        d.version(1, k / 3, n - 11 + k % 3);
    }
}

// Modules left for the message, in codewords (clause 6.3.1, Table 1): those in the frame without alignment patterns (5
// of each shared with a timing pattern) and version information.
int codewords(int version) {
    const int a = alignments(version).n;
    int modules = framed_modules(size(version).width);
    if (a) modules -= 25 * (a * a - 3) - 10 * (a - 2);
    if (version >= first_version_word) modules -= 36;
    return modules / 8;
}

// Clause 7.5.1, Table 9 (p. 38), by version.
constexpr std::array<CheckRow, 40> check_rows{{
    {{7, 10, 13, 17}, {1, 1, 1, 1}},       // 1
    {{10, 16, 22, 28}, {1, 1, 1, 1}},      // 2
    {{15, 26, 18, 22}, {1, 1, 2, 2}},      // 3
    {{20, 18, 26, 16}, {1, 2, 2, 4}},      // 4
    {{26, 24, 18, 22}, {1, 2, 4, 4}},      // 5
    {{18, 16, 24, 28}, {2, 4, 4, 4}},      // 6
    {{20, 18, 18, 26}, {2, 4, 6, 5}},      // 7
    {{24, 22, 22, 26}, {2, 4, 6, 6}},      // 8
    {{30, 22, 20, 24}, {2, 5, 8, 8}},      // 9
    {{18, 26, 24, 28}, {4, 5, 8, 8}},      // 10
    {{20, 30, 28, 24}, {4, 5, 8, 11}},     // 11
    {{24, 22, 26, 28}, {4, 8, 10, 11}},    // 12
    {{26, 22, 24, 22}, {4, 9, 12, 16}},    // 13
    {{30, 24, 20, 24}, {4, 9, 16, 16}},    // 14
    {{22, 24, 30, 24}, {6, 10, 12, 18}},   // 15
    {{24, 28, 24, 30}, {6, 10, 17, 16}},   // 16
    {{28, 28, 28, 28}, {6, 11, 16, 19}},   // 17
    {{30, 26, 28, 28}, {6, 13, 18, 21}},   // 18
    {{28, 26, 26, 26}, {7, 14, 21, 25}},   // 19
    {{28, 26, 30, 28}, {8, 16, 20, 25}},   // 20
    {{28, 26, 28, 30}, {8, 17, 23, 25}},   // 21
    {{28, 28, 30, 24}, {9, 17, 23, 34}},   // 22
    {{30, 28, 30, 30}, {9, 18, 25, 30}},   // 23
    {{30, 28, 30, 30}, {10, 20, 27, 32}},  // 24
    {{26, 28, 30, 30}, {12, 21, 29, 35}},  // 25
    {{28, 28, 28, 30}, {12, 23, 34, 37}},  // 26
    {{30, 28, 30, 30}, {12, 25, 34, 40}},  // 27
    {{30, 28, 30, 30}, {13, 26, 35, 42}},  // 28
    {{30, 28, 30, 30}, {14, 28, 38, 45}},  // 29
    {{30, 28, 30, 30}, {15, 29, 40, 48}},  // 30
    {{30, 28, 30, 30}, {16, 31, 43, 51}},  // 31
    {{30, 28, 30, 30}, {17, 33, 45, 54}},  // 32
    {{30, 28, 30, 30}, {18, 35, 48, 57}},  // 33
    {{30, 28, 30, 30}, {19, 37, 51, 60}},  // 34
    {{30, 28, 30, 30}, {19, 38, 53, 63}},  // 35
    {{30, 28, 30, 30}, {20, 40, 56, 66}},  // 36
    {{30, 28, 30, 30}, {21, 43, 59, 70}},  // 37
    {{30, 28, 30, 30}, {22, 45, 62, 74}},  // 38
    {{30, 28, 30, 30}, {24, 47, 65, 77}},  // 39
    {{30, 28, 30, 30}, {25, 49, 68, 81}},  // 40
}};

}  // namespace

Size size(int version) { return {17 + 4 * version, 17 + 4 * version}; }

// Clauses 6.3.3 to 6.3.5 (p. 16, 17).
void draw_frame(Drawing& d, int n) {
    d.finder(3, 3);
    d.finder(n - 4, 3);
    d.finder(3, n - 4);
    d.timing_row(6);
    d.timing_column(6);
}

// Clause 7.9.1 (p. 55). Bit 14 first.
void draw_format(Drawing& d, int n) {
    for (int x = 0; x < 6; ++x) d.format(0, x, 8);
    d.format(0, 7, 8);
    d.format(0, 8, 8);
    d.format(0, 8, 7);
    for (int y = 5; y >= 0; --y) d.format(0, 8, y);

    for (int y = n - 1; y >= n - 7; --y) d.format(1, 8, y);
    for (int x = n - 8; x < n; ++x) d.format(1, x, 8);
    d.set(8, n - 8, true);  // the module that is always dark
}

// The finders count with their separators, format information with the module that is always dark.
int framed_modules(int n) { return n * n - 3 * 64 - 2 * (n - 16) - 31; }

void layout(int version, Layout& out) {
    const int n = size(version).width;
    Drawing d(version, size(version), out);
    draw_frame(d, n);
    const Alignments a = alignments(version);
    for (int i = 0; i < a.n; ++i)
        for (int j = 0; j < a.n; ++j) {
            const int x = a.at[static_cast<std::size_t>(j)], y = a.at[static_cast<std::size_t>(i)];
            const bool on_finder = (x == 6 && y == 6) || (x == 6 && y == n - 7) || (x == n - 7 && y == 6);
            if (on_finder) continue;
            d.rings(x, y, 2, 0b101);
            d.alignment_centre(x, y);
        }
    draw_format(d, n);
    if (version >= first_version_word) draw_version_info(d, n);
    d.place(n - 1, 6, true);
}

// Clause 7.5.1, Table 9, note b.
int protection(int version, Level level) {
    if (version == 1) return level == Level::L ? 3 : level == Level::M ? 2 : 1;
    if (version == 2 && level == Level::L) return 2;
    if (version == 3 && level == Level::L) return 1;
    return 0;
}

bool blocks(int version, Level level, Blocks& out) {
    const CheckRow& row = check_rows[static_cast<std::size_t>(version - 1)];
    const auto l = static_cast<std::size_t>(level);
    out = even_blocks(codewords(version), row.blocks[l], row.check[l], protection(version, level));
    return true;
}

// Clause 7.8.2, Table 10 (p. 50): i is the row y, j the column x.
bool mask(int mask, int x, int y) {
    switch (mask) {
        case 0: return (y + x) % 2 == 0;
        case 1: return y % 2 == 0;
        case 2: return x % 3 == 0;
        case 3: return (y + x) % 3 == 0;
        case 4: return (y / 2 + x / 3) % 2 == 0;
        case 5: return y * x % 2 + y * x % 3 == 0;
        case 6: return (y * x % 2 + y * x % 3) % 2 == 0;
        case 7: return ((y + x) % 2 + y * x % 3) % 2 == 0;
        default: return false;
    }
}

// Clause 7.9.1, Table 12 (p. 55): two bits of level, three of mask.
bool meaning(int value, int, Level& level, int& mask) {
    constexpr Level levels[4] = {Level::M, Level::L, Level::H, Level::Q};
    level = levels[value >> 3];
    mask = value & 7;
    return true;
}

// Clause 7.4.1, Table 2 (p. 23); Hanzi from GB/T 18284.
int mode_bits(int) { return 4; }
int terminator_bits(int) { return 4; }

Indicator indicator(int, unsigned bits) {
    switch (bits) {
        case 0b0000: return Indicator::terminator;
        case 0b0001: return Indicator::numeric;
        case 0b0010: return Indicator::alphanumeric;
        case 0b0011: return Indicator::append;
        case 0b0100: return Indicator::byte;
        case 0b0101: return Indicator::fnc1_first;
        case 0b0111: return Indicator::eci;
        case 0b1000: return Indicator::kanji;
        case 0b1001: return Indicator::fnc1_second;
        case 0b1101: return Indicator::hanzi;
        default: return Indicator::invalid;
    }
}

// Clause 7.4.1, Table 3 (p. 23).
int count_bits(int version, Indicator mode) {
    const int range = version < 10 ? 0 : version < 27 ? 1 : 2;
    switch (mode) {
        case Indicator::numeric: return 10 + 2 * range;
        case Indicator::alphanumeric: return 9 + 2 * range;
        case Indicator::byte: return range == 0 ? 8 : 16;
        case Indicator::kanji:
        case Indicator::hanzi: return 8 + 2 * range;
        default: return 0;
    }
}

}  // namespace qrcore::qr
