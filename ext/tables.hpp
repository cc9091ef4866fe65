// The symbologies as data: sizes, function patterns, placement, blocks and modes, all constants of the standards.
// ISO/IEC 18004:2024 (QR Code, Micro QR Code), ISO/IEC 23941:2022 (rMQR), ISO/IEC 18004:2000 (QR Code Model 1); GB/T
// 18284 adds the Hanzi mode. Each table cites its clause, and the page in ISO/IEC 18004:2015(E) or ISO/IEC
// 23941:2022(E) where the encoder segno tells it. What a row is made of stands in tables_NAME.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace qrcore {

enum class SymbologyId : std::uint8_t { qr, micro_qr, rmqr, qr_model_1 };
inline constexpr std::size_t symbology_count = 4;
enum class Level : std::uint8_t { L, M, Q, H };

struct Size {
    int width = 0, height = 0;  // modules
    friend bool operator==(Size, Size) = default;
};

// What stands at a module. The fixed roles carry their value.
enum class Role : std::uint8_t { data, light, dark, format, version };

struct ModuleAt {
    std::uint8_t x, y;  // column, row
};

// The geometry of one version: which modules are fixed, and where bit k of the final message stands.
struct Layout {
    int version = 0;
    Size size;
    std::vector<Role> role;           // size.width * size.height, row by row
    std::vector<ModuleAt> placement;  // module of message bit k, most significant bit of the first codeword first;
                                      // there may be more than the blocks fill
    std::vector<ModuleAt> alignment;  // centres of the alignment patterns
    // The copies of the format and version information, most significant bit first; empty where there is none.
    std::array<std::vector<ModuleAt>, 2> format, version_info;

    Role at(int x, int y) const {
        return role[static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x)];
    }
};

// Reed-Solomon blocks of one version and level: `count` blocks of `data` + `check` codewords, then `count2` blocks
// one data codeword longer.
struct Blocks {
    int check;                // check codewords a block
    int count, data;          // first group
    int count2;               // second group, of data + 1
    int correctable;          // codewords a block that the standard lets a decoder correct without erasures
    bool interleaved = true;  // else one block after the other: the data of all, then the check codewords of all

    int blocks() const { return count + count2; }
    int total() const { return data_total() + blocks() * check; }
    int data_total() const { return blocks() * data + count2; }
};

// What a mode indicator announces.
enum class Indicator : std::uint8_t {
    terminator,
    numeric,
    alphanumeric,
    byte,
    kanji,
    hanzi,
    eci,
    append,
    fnc1_first,
    fnc1_second,
    invalid,
};

// How the format information is coded: `values` words of `bits` bits, each copy with its own exclusive-or.
struct FormatCode {
    int bits, values;
    std::array<std::uint32_t, 2> exclusive_or;
    std::uint32_t (*word)(int value);  // before the exclusive-or
    // Level and mask; false where the value belongs to another version or to none.
    bool (*meaning)(int value, int version, Level& level, int& mask);
};

// How a bit stream is coded; indicators are told apart after the terminator (all zeros) was ruled out.
struct StreamCode {
    int (*mode_bits)(int version);
    int (*terminator_bits)(int version);
    Indicator (*indicator)(int version, unsigned bits);
    int (*count_bits)(int version, Indicator mode);
    int (*missing_bits)(int version);  // bits that the last data codeword falls short of eight
    int lead_bits = 0;  // bits that the first data codeword falls short of eight, at its head: zeros before the stream
};

// One row a symbology; a new one is a new row and no copy of a stage.
struct SymbologySpec {
    SymbologyId id;
    const char* name;
    int first_version, last_version;
    int finders;  // whole finder patterns of a symbol
    Size (*size)(int version);
    void (*layout)(int version, Layout& out);               // fills `out`, reusing its memory
    bool (*blocks)(int version, Level level, Blocks& out);  // false where the level does not exist
    bool (*mask)(int mask, int x, int y);                   // whether mask pattern `mask` inverts the module
    FormatCode format;
    std::uint32_t (*version_word)(int version);  // the 18 bits of the version information; null where there is none
    int first_version_word;                      // least version that carries it
    StreamCode stream;
};

// All masks repeat after this many modules, both ways: their divisors are 2, 3, 4 and 6.
inline constexpr int mask_period = 12;

const SymbologySpec& symbology(SymbologyId id);
std::span<const SymbologySpec> symbologies();

// The version of this size, 0 where the symbology has none.
int version_of(const SymbologySpec& spec, Size size);

}  // namespace qrcore
