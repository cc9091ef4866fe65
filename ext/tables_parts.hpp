// What the rows of tables.cpp are made of: one namespace a symbology, one source file each (tables_*.cpp). What several
// symbologies share is in qr, where the standard has it too.
#pragma once

#include "tables.hpp"
#include "tables_drawing.hpp"

namespace qrcore {

// Splits `total` codewords into `blocks` blocks as even as can be, the longer ones last. `protection` of a block's
// check codewords are kept for misdecode protection.
Blocks even_blocks(int total, int blocks, int check, int protection);

namespace qr {

constexpr int first_version_word = 7;  // clause 7.10 (p. 58)

Size size(int version);
void layout(int version, Layout& out);
bool blocks(int version, Level level, Blocks& out);
bool mask(int mask, int x, int y);
bool meaning(int value, int version, Level& level, int& mask);
int mode_bits(int version);
int terminator_bits(int version);
Indicator indicator(int version, unsigned bits);
int count_bits(int version, Indicator mode);

// Check codewords a block and number of blocks of one version, for L, M, Q, H.
struct CheckRow {
    std::uint8_t check[4], blocks[4];
};

// Finders and timing patterns of a symbol of n x n modules, and its format information.
void draw_frame(Drawing& d, int n);
void draw_format(Drawing& d, int n);

// Modules outside of these.
int framed_modules(int n);

// Check codewords that are kept for misdecode protection in the smallest symbols.
int protection(int version, Level level);

}  // namespace qr

namespace micro_qr {

Size size(int version);
void layout(int version, Layout& out);
bool blocks(int version, Level level, Blocks& out);
bool mask(int mask, int x, int y);
bool meaning(int value, int version, Level& level, int& mask);
int mode_bits(int version);
int terminator_bits(int version);
Indicator indicator(int version, unsigned bits);
int count_bits(int version, Indicator mode);
int missing_bits(int version);

}  // namespace micro_qr

namespace rmqr {

Size size(int version);
void layout(int version, Layout& out);
bool blocks(int version, Level level, Blocks& out);
bool mask(int mask, int x, int y);
bool meaning(int value, int version, Level& level, int& mask);
int mode_bits(int version);
int terminator_bits(int version);
Indicator indicator(int version, unsigned bits);
int count_bits(int version, Indicator mode);

}  // namespace rmqr

namespace model_1 {

void layout(int version, Layout& out);
bool blocks(int version, Level level, Blocks& out);

}  // namespace model_1

}  // namespace qrcore
