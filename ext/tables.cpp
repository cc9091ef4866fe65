#include "tables.hpp"

#include "tables_parts.hpp"

namespace qrcore {
namespace {

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

// Clause 7.9.1 and Table C.1 (p. 80): x^10 + x^8 + x^5 + x^4 + x^2 + x + 1.
constexpr auto words_15_5 = bch_words<32>(0x537, 10);
// Clause 7.10 and Table D.1 (p. 82): x^12 + x^11 + x^10 + x^9 + x^8 + x^5 + x^2 + 1.
constexpr auto words_18_6 = bch_words<64>(0x1F25, 12);

std::uint32_t word_15_5(int value) { return words_15_5[static_cast<std::size_t>(value)]; }
std::uint32_t word_18_6(int value) { return words_18_6[static_cast<std::size_t>(value)]; }

int no_missing_bits(int) { return 0; }

constexpr std::array<SymbologySpec, 4> rows{{
    {
        .id = SymbologyId::qr,
        .name = "qr",
        .first_version = 1,
        .last_version = 40,
        .finders = 3,
        .size = qr::size,
        .layout = qr::layout,
        .blocks = qr::blocks,
        .mask = qr::mask,
        .format = {15, 32, {0x5412, 0x5412}, word_15_5, qr::meaning},
        .version_word = word_18_6,
        .first_version_word = qr::first_version_word,
        .stream = {qr::mode_bits, qr::terminator_bits, qr::indicator, qr::count_bits, no_missing_bits},
    },
    {
        .id = SymbologyId::micro_qr,
        .name = "micro_qr",
        .first_version = 1,
        .last_version = 4,
        .finders = 1,
        .size = micro_qr::size,
        .layout = micro_qr::layout,
        .blocks = micro_qr::blocks,
        .mask = micro_qr::mask,
        .format = {15, 32, {0x4445, 0}, word_15_5, micro_qr::meaning},
        .version_word = nullptr,
        .first_version_word = 0,
        .stream = {micro_qr::mode_bits, micro_qr::terminator_bits, micro_qr::indicator, micro_qr::count_bits,
                   micro_qr::missing_bits},
    },
    {
        .id = SymbologyId::rmqr,
        .name = "rmqr",
        .first_version = 1,
        .last_version = 32,
        .finders = 1,
        .size = rmqr::size,
        .layout = rmqr::layout,
        .blocks = rmqr::blocks,
        .mask = rmqr::mask,
        .format = {18, 64, {0x1FAB2, 0x20A7B}, word_18_6, rmqr::meaning},
        .version_word = nullptr,
        .first_version_word = 0,
        .stream = {rmqr::mode_bits, rmqr::terminator_bits, rmqr::indicator, rmqr::count_bits, no_missing_bits},
    },
    {
        .id = SymbologyId::qr_model_1,
        .name = "qr_model_1",
        .first_version = 1,
        .last_version = 14,
        .finders = 3,
        .size = qr::size,
        .layout = model_1::layout,
        .blocks = model_1::blocks,
        .mask = qr::mask,
        .format = {15, 32, {0x2825, 0x2825}, word_15_5, qr::meaning},
        .version_word = nullptr,
        .first_version_word = 0,
        .stream = {qr::mode_bits, qr::terminator_bits, qr::indicator, qr::count_bits, no_missing_bits, 4},
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

Blocks even_blocks(int total, int blocks, int check, int protection) {
    const int longer = total % blocks;
    return {check, blocks - longer, total / blocks - check, longer, (check - protection) / 2};
}

}  // namespace qrcore
