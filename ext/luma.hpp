// Stage "luma": the caller's pixels become one luminance plane and its pyramid.
#pragma once

#include "context.hpp"
#include "image.hpp"
#include "types.hpp"

namespace qrcore {

// Gray pictures with adjacent pixels are used where they lie; all others are copied.
// Status::budget or Status::ok.
Status luma(const PixelView& in, Context& context, Pyramid& out);

}  // namespace qrcore
