// Micro QR Code: ISO/IEC 18004:2024. Versions 1 to 4 are M1 to M4.
#include "tables_parts.hpp"

namespace qrcore::micro_qr {

Size size(int version) { return {9 + 2 * version, 9 + 2 * version}; }

void layout(int version, Layout& out) {
    const int n = size(version).width;
    Drawing d(version, size(version), out);
    d.finder(3, 3);
    d.timing_row(0);
    d.timing_column(0);
    // Clause 7.9.2. Bit 14 first.
    for (int x = 1; x <= 8; ++x) d.format(0, x, 8);
    for (int y = 7; y >= 1; --y) d.format(0, 8, y);
    d.place(n - 1, -1, false);
}

// Clause 7.5.1, Table 9 (p. 38): M1 (detection only, filed under L), M2 L M, M3 L M, M4 L M Q.
bool blocks(int version, Level level, Blocks& out) {
    constexpr int check[4][3] = {{2, 0, 0}, {5, 6, 0}, {6, 8, 0}, {8, 10, 14}};
    constexpr int correctable[4][3] = {{0, 0, 0}, {1, 2, 0}, {2, 4, 0}, {3, 5, 7}};
    constexpr int total[4] = {5, 10, 17, 24};
    const int v = version - 1, l = static_cast<int>(level);
    if (level == Level::H || check[v][l] == 0) return false;
    out = {check[v][l], 1, total[v] - check[v][l], 0, correctable[v][l]};
    return true;
}

// Clause 7.8.2, Table 10 (p. 50), last column.
bool mask(int mask, int x, int y) {
    constexpr int as_qr[4] = {1, 4, 6, 7};
    return qr::mask(as_qr[mask], x, y);
}

// Clause 7.9.2, Table 13: three bits of symbol number (version and level), two of mask.
bool meaning(int value, int version, Level& level, int& mask) {
    constexpr int versions[8] = {1, 2, 2, 3, 3, 4, 4, 4};
    constexpr Level levels[8] = {Level::L, Level::L, Level::M, Level::L, Level::M, Level::L, Level::M, Level::Q};
    level = levels[value >> 2];
    mask = value & 3;
    return versions[value >> 2] == version;
}

// Clause 7.4.1, Tables 2 and 3 (p. 23). The terminator is a numeric segment of no digits.
int mode_bits(int version) { return version - 1; }
int terminator_bits(int version) { return 1 + 2 * version; }

Indicator indicator(int, unsigned bits) {
    constexpr Indicator modes[4] = {Indicator::numeric, Indicator::alphanumeric, Indicator::byte, Indicator::kanji};
    return bits < 4 ? modes[bits] : Indicator::invalid;
}

int count_bits(int version, Indicator mode) {
    switch (mode) {
        case Indicator::numeric: return 2 + version;
        case Indicator::alphanumeric:
        case Indicator::byte: return 1 + version;
        case Indicator::kanji: return version;
        default: return 0;
    }
}

int missing_bits(int version) { return version % 2 ? 4 : 0; }

}  // namespace qrcore::micro_qr
