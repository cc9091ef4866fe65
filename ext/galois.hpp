// GF(256) over x^8 + x^4 + x^3 + x^2 + 1 (0x11D), as tables (ISO/IEC 18004:2024, clause 7.5.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace qrcore::galois {

inline constexpr int order = 255;  // of the multiplicative group; alpha = 2 generates it

struct Tables {
    std::array<std::uint8_t, 2 * order> exp{};  // twice round, so that the sum of two logarithms needs no reduction
    std::array<std::uint8_t, 256> log{};
};

constexpr Tables make_tables() {
    Tables t;
    unsigned x = 1;
    for (unsigned i = 0; i < order; ++i) {
        t.exp[i] = t.exp[i + order] = static_cast<std::uint8_t>(x);
        t.log[x] = static_cast<std::uint8_t>(i);
        x <<= 1;
        if (x & 0x100) x ^= 0x11D;
    }
    return t;
}

inline constexpr Tables tables = make_tables();

constexpr std::uint8_t exp(unsigned i) { return tables.exp[i % order]; }
constexpr unsigned log(std::uint8_t a) { return tables.log[a]; }  // of a != 0

constexpr std::uint8_t mul(std::uint8_t a, std::uint8_t b) {
    return a && b ? tables.exp[log(a) + log(b)] : std::uint8_t{0};
}

// Of b != 0.
constexpr std::uint8_t div(std::uint8_t a, std::uint8_t b) {
    return a ? tables.exp[log(a) + order - log(b)] : std::uint8_t{0};
}

// bit_times_power[b][j] = 2^b alpha^j: what bit b of a puts to a alpha^j, for all j at once. No block of the
// symbologies here has more check codewords than `powers`.
inline constexpr std::size_t powers = 32;
using Powers = std::array<std::uint8_t, powers>;

constexpr auto make_bit_times_power() {
    std::array<Powers, 8> t{};
    for (unsigned b = 0; b < 8; ++b)
        for (unsigned j = 0; j < powers; ++j) t[b][j] = exp(b + j);
    return t;
}

inline constexpr auto bit_times_power = make_bit_times_power();

}  // namespace qrcore::galois
