#include "tables.hpp"

#include <algorithm>
#include <cstdlib>

namespace qrcore {
namespace {

// ------------------------------------------------------------------------------------------------ drawing

// A layout while it is being drawn.
class Drawing {
public:
    Drawing(int version, Size size, Layout& out) : out_(out), width_(size.width), height_(size.height) {
        out.version = version;
        out.size = size;
        out.role.assign(static_cast<std::size_t>(width_ * height_), Role::data);
        out.placement.clear();
        out.alignment.clear();
        for (auto& copy : out.format) copy.clear();
        for (auto& copy : out.version_info) copy.clear();
    }

    bool free(int x, int y) const { return out_.at(x, y) == Role::data; }

    void set(int x, int y, bool dark) { put(x, y, dark ? Role::dark : Role::light); }

    // A square of nested rings about (x, y), cut off at the edges of the symbol; bit k of `rings` is ring k's colour.
    void rings(int x, int y, int radius, unsigned rings) {
        for (int dy = -radius; dy <= radius; ++dy)
            for (int dx = -radius; dx <= radius; ++dx) {
                const int ring = std::max(std::abs(dx), std::abs(dy));
                if (inside(x + dx, y + dy)) set(x + dx, y + dy, rings >> ring & 1);
            }
    }
    void finder(int x, int y) { rings(x, y, 4, 0b01011); }

    // Alternating modules on what is still free of a row or column.
    void timing_row(int y) {
        for (int x = 0; x < width_; ++x)
            if (free(x, y)) set(x, y, x % 2 == 0);
    }
    void timing_column(int x) {
        for (int y = 0; y < height_; ++y)
            if (free(x, y)) set(x, y, y % 2 == 0);
    }

    void format(int copy, int x, int y) { list(out_.format, copy, x, y, Role::format); }
    void version(int copy, int x, int y) { list(out_.version_info, copy, x, y, Role::version); }
    void alignment_centre(int x, int y) { out_.alignment.push_back(at(x, y)); }

    // The message in the columns `right` .. `right - width + 1`, row by row over the modules that nothing else takes.
    void strip(int right, int width, bool up) {
        for (int i = 0; i < height_; ++i) {
            const int y = up ? height_ - 1 - i : i;
            for (int x = right; x > right - width; --x)
                if (free(x, y)) out_.placement.push_back(at(x, y));
        }
    }

    // The message in two-module columns from the right, up and down in turn (clause 7.7.3). `skip` is a column that is
    // left out of the pairs, -1 for none.
    void place(int right, int skip, bool whole_codewords) {
        bool up = true;
        for (int x = right; x > 0; x -= 2, up = !up) {
            if (x == skip) --x;
            strip(x, 2, up);
        }
        if (whole_codewords) out_.placement.resize(out_.placement.size() / 8 * 8);  // remainder bits
    }

private:
    static ModuleAt at(int x, int y) { return {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y)}; }
    bool inside(int x, int y) const { return x >= 0 && y >= 0 && x < width_ && y < height_; }
    void put(int x, int y, Role role) { out_.role[static_cast<std::size_t>(y * width_ + x)] = role; }
    void list(std::array<std::vector<ModuleAt>, 2>& copies, int copy, int x, int y, Role role) {
        copies[static_cast<std::size_t>(copy)].push_back(at(x, y));
        put(x, y, role);
    }

    Layout& out_;
    int width_, height_;
};

// `value` followed by the remainder of its division by a BCH generator of degree `degree` (Annexes C and D).
constexpr std::uint32_t bch(unsigned value, unsigned generator, int degree) {
    std::uint32_t remainder = value << degree;
    for (int bit = 31; bit >= degree; --bit)
        if (remainder >> bit & 1) remainder ^= generator << (bit - degree);
    return value << degree | remainder;
}

template <std::size_t values>
constexpr std::array<std::uint32_t, values> bch_words(unsigned generator, int degree) {
    std::array<std::uint32_t, values> words{};
    for (unsigned v = 0; v < values; ++v) words[v] = bch(v, generator, degree);
    return words;
}

// Clause 7.9.1: x^10 + x^8 + x^5 + x^4 + x^2 + x + 1.
constexpr auto words_15_5 = bch_words<32>(0x537, 10);
// Clause 7.10: x^12 + x^11 + x^10 + x^9 + x^8 + x^5 + x^2 + 1.
constexpr auto words_18_6 = bch_words<64>(0x1F25, 12);

std::uint32_t word_15_5(int value) { return words_15_5[static_cast<std::size_t>(value)]; }
std::uint32_t word_18_6(int value) { return words_18_6[static_cast<std::size_t>(value)]; }

// Splits `total` codewords into `blocks` blocks as even as can be, the longer ones last.
Blocks even_blocks(int total, int blocks, int check, int protection) {
    const int longer = total % blocks;
    return {check, blocks - longer, total / blocks - check, longer, (check - protection) / 2};
}

// ------------------------------------------------------------------------------------------------ QR Code

constexpr int qr_first_version_word = 7;  // clause 7.10

Size qr_size(int version) { return {17 + 4 * version, 17 + 4 * version}; }

// Positions of alignment pattern centres in both directions (Annex E, Table E.1). The table follows from its rule:
// the last lies 7 from the end, the spacing is even and as equal as can be, and what is left over goes to the first
// gap, after 6.
struct Alignments {
    std::array<int, 7> at;
    int n;
};

Alignments qr_alignments(int version) {
    Alignments a{{}, 0};
    if (version == 1) return a;
    a.n = version / 7 + 2;
    const int last = qr_size(version).width - 7;
    const int step = (version * 8 + a.n * 3 + 5) / (a.n * 4 - 4) * 2;
    a.at[0] = 6;
    for (int i = 1; i < a.n; ++i) a.at[static_cast<std::size_t>(i)] = last - (a.n - 1 - i) * step;
    return a;
}

// Clause 7.9.1, Figure 19. Bit 14 first.
void qr_format(Drawing& d, int n) {
    for (int x = 0; x < 6; ++x) d.format(0, x, 8);
    d.format(0, 7, 8);
    d.format(0, 8, 8);
    d.format(0, 8, 7);
    for (int y = 5; y >= 0; --y) d.format(0, 8, y);

    for (int y = n - 1; y >= n - 7; --y) d.format(1, 8, y);
    for (int x = n - 8; x < n; ++x) d.format(1, x, 8);
    d.set(8, n - 8, true);  // the module that is always dark
}

// Clause 7.10, Figures 21 and 22. Bit 17 first; the second copy is the first one transposed.
void qr_version_info(Drawing& d, int n) {
    for (int k = 17; k >= 0; --k) {
        d.version(0, n - 11 + k % 3, k / 3);
        d.version(1, k / 3, n - 11 + k % 3);
    }
}

void qr_frame(Drawing& d, int n) {
    d.finder(3, 3);
    d.finder(n - 4, 3);
    d.finder(3, n - 4);
    d.timing_row(6);
    d.timing_column(6);
}

void qr_layout(int version, Layout& out) {
    const int n = qr_size(version).width;
    Drawing d(version, qr_size(version), out);
    qr_frame(d, n);
    const Alignments a = qr_alignments(version);
    for (int i = 0; i < a.n; ++i)
        for (int j = 0; j < a.n; ++j) {
            const int x = a.at[static_cast<std::size_t>(j)], y = a.at[static_cast<std::size_t>(i)];
            const bool on_finder = (x == 6 && y == 6) || (x == 6 && y == n - 7) || (x == n - 7 && y == 6);
            if (on_finder) continue;
            d.rings(x, y, 2, 0b101);
            d.alignment_centre(x, y);
        }
    qr_format(d, n);
    if (version >= qr_first_version_word) qr_version_info(d, n);
    d.place(n - 1, 6, true);
}

// Modules without the finders with separators, timing and format information.
int qr_framed(int n) { return n * n - 3 * 64 - 2 * (n - 16) - 31; }

// Modules left for the message, in codewords (clause 6.3.1, Table 1): those in the frame without alignment patterns (5
// of each shared with a timing pattern) and version information.
int qr_total(int version) {
    const int a = qr_alignments(version).n;
    int modules = qr_framed(qr_size(version).width);
    if (a) modules -= 25 * (a * a - 3) - 10 * (a - 2);
    if (version >= qr_first_version_word) modules -= 36;
    return modules / 8;
}

// Clause 7.5.1, Table 9: check codewords a block and number of blocks, by version, for L, M, Q, H.
struct CheckRow {
    std::uint8_t check[4], blocks[4];
};

constexpr std::array<CheckRow, 40> qr_check{{
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

// Clause 7.5.1, Table 9, note b: check codewords that are kept for misdecode protection in the smallest symbols.
int qr_protection(int version, Level level) {
    if (version == 1) return level == Level::L ? 3 : level == Level::M ? 2 : 1;
    if (version == 2 && level == Level::L) return 2;
    if (version == 3 && level == Level::L) return 1;
    return 0;
}

bool qr_blocks(int version, Level level, Blocks& out) {
    const CheckRow& row = qr_check[static_cast<std::size_t>(version - 1)];
    const auto l = static_cast<std::size_t>(level);
    out = even_blocks(qr_total(version), row.blocks[l], row.check[l], qr_protection(version, level));
    return true;
}

// Clause 7.8.2, Table 10: i is the row y, j the column x.
bool qr_mask(int mask, int x, int y) {
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

// Clause 7.9.1, Table 12: two bits of level, three of mask.
bool qr_meaning(int value, int, Level& level, int& mask) {
    constexpr Level levels[4] = {Level::M, Level::L, Level::H, Level::Q};
    level = levels[value >> 3];
    mask = value & 7;
    return true;
}

// Clause 7.4.1, Table 2; Hanzi from GB/T 18284.
int qr_mode_bits(int) { return 4; }
int qr_terminator_bits(int) { return 4; }

Indicator qr_indicator(int, unsigned bits) {
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

// Clause 7.4.1, Table 3.
int qr_count_bits(int version, Indicator mode) {
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

int no_missing_bits(int) { return 0; }

// ------------------------------------------------------------------------------------------------ Micro QR Code

Size micro_size(int version) { return {9 + 2 * version, 9 + 2 * version}; }

void micro_layout(int version, Layout& out) {
    const int n = micro_size(version).width;
    Drawing d(version, micro_size(version), out);
    d.finder(3, 3);
    d.timing_row(0);
    d.timing_column(0);
    // Clause 7.9.2, Figure 20. Bit 14 first.
    for (int x = 1; x <= 8; ++x) d.format(0, x, 8);
    for (int y = 7; y >= 1; --y) d.format(0, 8, y);
    d.place(n - 1, -1, false);
}

// Clause 7.5.1, Table 9: M1 (detection only, filed under L), M2 L M, M3 L M, M4 L M Q.
bool micro_blocks(int version, Level level, Blocks& out) {
    constexpr int check[4][3] = {{2, 0, 0}, {5, 6, 0}, {6, 8, 0}, {8, 10, 14}};
    constexpr int correctable[4][3] = {{0, 0, 0}, {1, 2, 0}, {2, 4, 0}, {3, 5, 7}};
    constexpr int total[4] = {5, 10, 17, 24};
    const int v = version - 1, l = static_cast<int>(level);
    if (level == Level::H || check[v][l] == 0) return false;
    out = {check[v][l], 1, total[v] - check[v][l], 0, correctable[v][l]};
    return true;
}

// Clause 7.8.2, Table 10, last column.
bool micro_mask(int mask, int x, int y) {
    constexpr int as_qr[4] = {1, 4, 6, 7};
    return qr_mask(as_qr[mask], x, y);
}

// Clause 7.9.2, Table 13: three bits of symbol number (version and level), two of mask.
bool micro_meaning(int value, int version, Level& level, int& mask) {
    constexpr int versions[8] = {1, 2, 2, 3, 3, 4, 4, 4};
    constexpr Level levels[8] = {Level::L, Level::L, Level::M, Level::L, Level::M, Level::L, Level::M, Level::Q};
    level = levels[value >> 2];
    mask = value & 3;
    return versions[value >> 2] == version;
}

// Clause 7.4.1, Tables 2 and 3. The terminator is a numeric segment of no digits.
int micro_mode_bits(int version) { return version - 1; }
int micro_terminator_bits(int version) { return 1 + 2 * version; }

Indicator micro_indicator(int, unsigned bits) {
    constexpr Indicator modes[4] = {Indicator::numeric, Indicator::alphanumeric, Indicator::byte, Indicator::kanji};
    return bits < 4 ? modes[bits] : Indicator::invalid;
}

int micro_count_bits(int version, Indicator mode) {
    switch (mode) {
        case Indicator::numeric: return 2 + version;
        case Indicator::alphanumeric:
        case Indicator::byte: return 1 + version;
        case Indicator::kanji: return version;
        default: return 0;
    }
}

int micro_missing_bits(int version) { return version % 2 ? 4 : 0; }

// ------------------------------------------------------------------------------------------------ rMQR

// ISO/IEC 23941:2022, clause 5.3 and Tables 1, 3 and 8: size; check codewords a block and blocks, for M and H; bits of
// the character count for numeric, alphanumeric, byte and kanji.
struct RmqrRow {
    std::uint8_t width, height, check[2], blocks[2], count_bits[4];
};

constexpr std::array<RmqrRow, 32> rmqr_rows{{
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

const RmqrRow& rmqr_row(int version) { return rmqr_rows[static_cast<std::size_t>(version - 1)]; }

Size rmqr_size(int version) { return {rmqr_row(version).width, rmqr_row(version).height}; }

// Columns of vertical timing patterns between the sides, with an alignment pattern at either end (Annex D).
std::span<const std::uint8_t> rmqr_columns(int width) {
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
void rmqr_format(Drawing& d, int w, int h) {
    for (int k = 17; k >= 0; --k) {
        d.format(0, 8 + k / 5, 1 + k % 5);
        if (k < 15) d.format(1, w - 8 + k / 5, h - 6 + k % 5);
        else d.format(1, w - 5 + k - 15, h - 6);
    }
}

void rmqr_layout(int version, Layout& out) {
    const auto [w, h] = rmqr_size(version);
    Drawing d(version, {w, h}, out);
    d.finder(3, 3);
    d.rings(w - 3, h - 3, 2, 0b101);  // the finder sub pattern
    d.set(w - 2, 1, false);           // the corner patterns, as far as they differ from the timing patterns
    d.set(w - 2, 0, true);
    if (h > 9) d.set(1, h - 2, false), d.set(0, h - 2, true);
    d.set(1, h - 1, true);
    for (const int x : rmqr_columns(w))
        for (const int y : {1, h - 2}) {
            d.rings(x, y, 1, 0b10);
            d.alignment_centre(x, y);
        }
    d.timing_row(0);
    d.timing_row(h - 1);
    d.timing_column(0);
    d.timing_column(w - 1);
    for (const int x : rmqr_columns(w)) d.timing_column(x);
    rmqr_format(d, w, h);
    d.place(w - 2, -1, true);
}

// Modules left for the message, in codewords: all inside the rim of timing patterns without the finder and its
// separator, the sub pattern, two corners, format information, and the inner timing columns with their alignments.
int rmqr_total(int version) {
    const auto [w, h] = rmqr_size(version);
    const int corners = h > 9 ? 2 : 1, columns = static_cast<int>(rmqr_columns(w).size());
    return ((w - 2) * (h - 2) - 7 * std::min(7, h - 2) - 16 - corners - 36 - columns * (h + 6)) / 8;
}

bool rmqr_blocks(int version, Level level, Blocks& out) {
    if (level != Level::M && level != Level::H) return false;
    const std::size_t l = level == Level::H;
    const int check = rmqr_row(version).check[l];
    // Codewords kept for misdecode protection, so that no random word is mended more often than 1e-9: our own rule,
    // stricter than half the check codewords in the smallest symbols.
    const int protection = check > 12 ? 0 : check % 2 ? 3 : 2;
    out = even_blocks(rmqr_total(version), rmqr_row(version).blocks[l], check, protection);
    return true;
}

bool rmqr_mask(int, int x, int y) { return qr_mask(4, x, y); }  // clause 7.8: the only one

// Clause 7.9: one bit of level, five of version.
bool rmqr_meaning(int value, int version, Level& level, int& mask) {
    level = value & 32 ? Level::H : Level::M;
    mask = 0;
    return (value & 31) == version - 1;
}

// Clause 7.4, Table 2.
int rmqr_mode_bits(int) { return 3; }
int rmqr_terminator_bits(int) { return 3; }

Indicator rmqr_indicator(int, unsigned bits) {
    constexpr Indicator modes[8] = {Indicator::terminator,  Indicator::numeric, Indicator::alphanumeric,
                                    Indicator::byte,        Indicator::kanji,   Indicator::fnc1_first,
                                    Indicator::fnc1_second, Indicator::eci};
    return modes[bits & 7];
}

int rmqr_count_bits(int version, Indicator mode) {
    const auto& bits = rmqr_row(version).count_bits;
    switch (mode) {
        case Indicator::numeric: return bits[0];
        case Indicator::alphanumeric: return bits[1];
        case Indicator::byte: return bits[2];
        case Indicator::kanji: return bits[3];
        default: return 0;
    }
}

// ------------------------------------------------------------------------------------------------ QR Code Model 1

// ISO/IEC 18004:2000, Annex M (AIM ITS 97/001). Finders, timing, format information, masks and modes are those of QR
// Code; there are no alignment patterns and no version information. The annex has no ECI and FNC1 either; a symbol
// with them is read all the same.

// Extension patterns on the right edge and on the lower one, which is its transposition: one every eight modules from
// the corner, none next to the finder.
int model1_extensions(int version) { return version / 2; }

// The edge of an extension pattern is dark, the line inside it light. In the corner they meet with one dark module.
void model1_extension_patterns(Drawing& d, int n, int count) {
    for (int line = 1; line <= 2; ++line) {
        for (int k = 1; k <= count; ++k)
            for (int i = n - 8 * k - 4; i < n - 8 * k; ++i) {
                d.set(n - line, i, line == 1);
                d.set(i, n - line, line == 1);
            }
        for (int i = 1; i <= 2; ++i) d.set(n - line, n - i, line == 1 && i == 1);
    }
}

// Codewords are 2 x 4 modules in the four columns of modules at the right edge and in those between the two finders at
// the left edge, 4 x 2 elsewhere. Either way their bits run from right to left and upwards, and they are stacked
// upwards: a stack of them is a strip. The corner stands where the first codeword would have its first four bits.
void model1_layout(int version, Layout& out) {
    const int n = qr_size(version).width;
    Drawing d(version, qr_size(version), out);
    qr_frame(d, n);
    model1_extension_patterns(d, n, model1_extensions(version));
    qr_format(d, n);
    for (int x = n - 1, width = 2; x > 0; x -= width) {
        if (x == 6) --x;  // the timing pattern
        width = x < 9 || x >= n - 4 ? 2 : 4;
        d.strip(x, width, true);
    }
}

// Table M.4: check codewords a block and number of blocks, by version, for L, M, Q, H.
constexpr std::array<CheckRow, 14> model1_check{{
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

// Tables M.2 and M.4. Blocks are all of one length and follow each other: codewords that do not make up one more in
// each are left unused at the end. The corner counts as the head of the first. Misdecode protection is QR Code's.
bool model1_blocks(int version, Level level, Blocks& out) {
    const int total = (qr_framed(qr_size(version).width) - 16 * model1_extensions(version)) / 8;
    const CheckRow& row = model1_check[static_cast<std::size_t>(version - 1)];
    const auto l = static_cast<std::size_t>(level);
    out = even_blocks(total - total % row.blocks[l], row.blocks[l], row.check[l], qr_protection(version, level));
    out.interleaved = false;
    return true;
}

}  // namespace

// ------------------------------------------------------------------------------------------------ the rows

namespace {

constexpr std::array<SymbologySpec, 4> rows{{
    {
        .id = SymbologyId::qr,
        .name = "qr",
        .first_version = 1,
        .last_version = 40,
        .finders = 3,
        .size = qr_size,
        .layout = qr_layout,
        .blocks = qr_blocks,
        .mask = qr_mask,
        .format = {15, 32, {0x5412, 0x5412}, word_15_5, qr_meaning},
        .version_word = word_18_6,
        .first_version_word = qr_first_version_word,
        .stream = {qr_mode_bits, qr_terminator_bits, qr_indicator, qr_count_bits, no_missing_bits},
    },
    {
        .id = SymbologyId::micro_qr,
        .name = "micro_qr",
        .first_version = 1,
        .last_version = 4,
        .finders = 1,
        .size = micro_size,
        .layout = micro_layout,
        .blocks = micro_blocks,
        .mask = micro_mask,
        .format = {15, 32, {0x4445, 0}, word_15_5, micro_meaning},
        .version_word = nullptr,
        .first_version_word = 0,
        .stream = {micro_mode_bits, micro_terminator_bits, micro_indicator, micro_count_bits, micro_missing_bits},
    },
    {
        .id = SymbologyId::rmqr,
        .name = "rmqr",
        .first_version = 1,
        .last_version = 32,
        .finders = 1,
        .size = rmqr_size,
        .layout = rmqr_layout,
        .blocks = rmqr_blocks,
        .mask = rmqr_mask,
        .format = {18, 64, {0x1FAB2, 0x20A7B}, word_18_6, rmqr_meaning},
        .version_word = nullptr,
        .first_version_word = 0,
        .stream = {rmqr_mode_bits, rmqr_terminator_bits, rmqr_indicator, rmqr_count_bits, no_missing_bits},
    },
    {
        .id = SymbologyId::qr_model_1,
        .name = "qr_model_1",
        .first_version = 1,
        .last_version = 14,
        .finders = 3,
        .size = qr_size,
        .layout = model1_layout,
        .blocks = model1_blocks,
        .mask = qr_mask,
        .format = {15, 32, {0x2825, 0x2825}, word_15_5, qr_meaning},
        .version_word = nullptr,
        .first_version_word = 0,
        .stream = {qr_mode_bits, qr_terminator_bits, qr_indicator, qr_count_bits, no_missing_bits, 4},
    },
}};

}  // namespace

const SymbologySpec& symbology(SymbologyId id) { return rows[static_cast<std::size_t>(id)]; }

std::span<const SymbologySpec> symbologies() { return rows; }

int version_of(const SymbologySpec& spec, Size size) {
    for (int v = spec.first_version; v <= spec.last_version; ++v)
        if (spec.size(v) == size) return v;
    return 0;
}

}  // namespace qrcore
