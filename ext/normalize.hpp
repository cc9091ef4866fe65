// Stage "normalize": the picture without its light, so that what lies half in a reflection looks the same all over.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct NormalizeIn {
    int radius;  // pixels each way of the window, at most 90: then the sums fit
    int finest;  // level: finer ones stay as they are
};

// Local contrast normalization: from each pixel of each level the mean of a window around it is taken, and what is left
// is divided by the standard deviation there. As symbols are looked at in the level where a module has a few pixels,
// one window serves symbols of all sizes. In place, but for a level that is the caller's own rows: it stays as it is,
// too. Status::budget or Status::ok.
Status normalize(const NormalizeIn& in, const Tunables::Normalize& tunables, Context& context, Pyramid& pyramid);

}  // namespace qrcore
