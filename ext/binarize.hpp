// Stage "binarize": one pyramid level against the mean of its surroundings, to packed bits.
#pragma once

#include "context.hpp"
#include "types.hpp"

namespace qrcore {

struct BinarizeIn {
    const Pyramid& pyramid;
    const Detail& detail;  // the rest is light
    int level;             // which level to threshold
    int window;            // log2 of a quarter of the window's side in pixels of that level: 2, 3, 4 for 16, 32, 64
    int bias;              // gray levels below the mean that a pixel must be to be dark
};

// The local mean is not slid over the picture: pyramid level + window holds it already. It is smoothed there
// (1 2 1 both ways) and enlarged linearly to half the resolution of the level.
// Needs a pyramid of at least two levels above `level`; a window larger than the picture uses the coarsest mean.
// Status::budget or Status::ok.
Status binarize(const BinarizeIn& in, Context& context, Binary& out);

// Makes a bitmap light outside of what is wanted by now, where that became less.
void restrict_to(const Detail& detail, Binary& binary);

}  // namespace qrcore
