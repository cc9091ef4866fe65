// Pictures as the engine sees them: non-owning views with signed strides, and packed bitmaps.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qrcore {

// The caller's pixels: 1 (gray), 3 (RGB) or 4 (RGBA) channels of one byte, any strides.
struct PixelView {
    const std::uint8_t* data = nullptr;
    int width = 0, height = 0, channels = 1;
    std::ptrdiff_t row_stride = 0, pixel_stride = 0, channel_stride = 0;
};

// One plane of 8-bit luminance with adjacent pixels; rows may run backwards.
struct ImageView {
    const std::uint8_t* data = nullptr;
    int width = 0, height = 0;
    std::ptrdiff_t stride = 0;

    const std::uint8_t* row(int y) const { return data + y * stride; }
    ImageView crop(int x, int y, int w, int h) const { return {data + y * stride + x, w, h, stride}; }
};

// One bit a pixel, 64 to a word, the leftmost pixel in bit 0; a set bit is dark.
// Bits past `width` in the last word of a row are zero.
struct BitmapView {
    const std::uint64_t* data = nullptr;
    int width = 0, height = 0;
    int stride = 0;  // words a row

    const std::uint64_t* row(int y) const { return data + static_cast<std::ptrdiff_t>(y) * stride; }
    bool get(int x, int y) const { return (row(y)[x >> 6] >> (x & 63)) & 1; }
};

}  // namespace qrcore
