// Stage "luma": the caller's pixels become one plane, luminance mostly, and its pyramid.
#pragma once

#include "context.hpp"
#include "image.hpp"
#include "types.hpp"

namespace qrcore {

// Which plane of a colour picture: two colours of one luminance differ in red or blue.
enum class Channel : std::uint8_t { luma, red, blue };

struct LumaIn {
    const PixelView& picture;
    Channel channel;  // gray pictures have only luma
    bool copy;        // whatever the picture, since the levels are to be changed
};

// Gray pictures with adjacent pixels are used where they lie, unless `copy`; all others are copied.
// Status::budget or Status::ok.
Status luma(const LumaIn& in, Context& context, Pyramid& out);

}  // namespace qrcore
