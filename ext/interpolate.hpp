// Reading a picture between its pixels. Coordinates are those of the API: pixel (0, 0) covers [0, 1) x [0, 1).
#pragma once

#include <algorithm>
#include <span>

#include "types.hpp"

namespace qrcore {

// Bilinear interpolation; outside the picture its edge pixels go on.
inline float bilinear(const ImageView& image, float x, float y) {
    x = std::clamp(x - 0.5f, 0.0f, static_cast<float>(image.width - 1));
    y = std::clamp(y - 0.5f, 0.0f, static_cast<float>(image.height - 1));
    const int column = static_cast<int>(x), line = static_cast<int>(y);
    const float fx = x - static_cast<float>(column), fy = y - static_cast<float>(line);
    const std::uint8_t* a = image.row(line) + column;
    const std::uint8_t* b = line + 1 < image.height ? a + image.stride : a;
    const int next = column + 1 < image.width ? 1 : 0;
    const float top = static_cast<float>(a[0]) + fx * (static_cast<float>(a[next]) - static_cast<float>(a[0]));
    const float low = static_cast<float>(b[0]) + fx * (static_cast<float>(b[next]) - static_cast<float>(b[0]));
    return top + fy * (low - top);
}

// The same at many places at once, several times as fast: values[k] at (x[k], y[k]).
void bilinear(const ImageView& image, std::span<const float> x, std::span<const float> y, float* values);

// The pyramid level at which a module of `module` pixels (level 0) has at least `least` pixels, as coarse as possible:
// its pixels are then area means of a good part of a module.
inline int level_for(const Pyramid& pyramid, double module, double least) {
    int k = 0;
    while (k + 1 < pyramid.levels && module >= 2 * least) {
        module /= 2;
        ++k;
    }
    return k;
}

}  // namespace qrcore
