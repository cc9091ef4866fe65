#include "interpolate.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "simd/clones.hpp"

namespace qrcore {
namespace {

// Two adjacent pixels as one number, which the compiler makes one load.
inline std::uint32_t two(const std::uint8_t* p) { return static_cast<std::uint32_t>(p[0] | p[1] << 8); }

}  // namespace

// In three loops over a few places, of which only the second is not one for vectors. (Not a number
// goes to the picture's corner.)
QRCORE_CLONES void bilinear(const ImageView& image, std::span<const float> x, std::span<const float> y, float* values) {
    const bool near = std::abs(image.stride) < std::numeric_limits<std::int32_t>::max() / std::max(image.height, 1);
    if (image.width < 2 || image.height < 2 || !near) {
        for (std::size_t k = 0; k < x.size(); ++k) values[k] = bilinear(image, x[k], y[k]);
        return;
    }
    constexpr std::size_t most = 64;
    std::int32_t place[most];  // from the first pixel
    std::uint32_t upper[most], lower[most];
    float fx[most], fy[most];
    const auto right = static_cast<float>(image.width - 1), bottom = static_cast<float>(image.height - 1);
    const int last_column = image.width - 2, last_line = image.height - 2;
    const auto stride = static_cast<std::int32_t>(image.stride);
    const std::uint8_t* next = image.data + image.stride;
    for (std::size_t begin = 0; begin < x.size(); begin += most) {
        const std::size_t n = std::min(most, x.size() - begin);
        const float *px = x.data() + begin, *py = y.data() + begin;
        for (std::size_t k = 0; k < n; ++k) {
            const float u = std::min(right, std::max(0.0f, px[k] - 0.5f));
            const float v = std::min(bottom, std::max(0.0f, py[k] - 0.5f));
            const std::int32_t column = std::min(static_cast<std::int32_t>(u), last_column);
            const std::int32_t line = std::min(static_cast<std::int32_t>(v), last_line);
            fx[k] = u - static_cast<float>(column);
            fy[k] = v - static_cast<float>(line);
            place[k] = line * stride + column;
        }
        std::uint32_t *to_upper = upper, *to_lower = lower;
        for (const std::int32_t *at = place, *end = place + n; at != end; ++at) {
            *to_upper++ = two(image.data + *at);
            *to_lower++ = two(next + *at);
        }
        for (std::size_t k = 0; k < n; ++k) {
            const auto a = static_cast<float>(static_cast<std::int32_t>(upper[k] & 255));
            const auto b = static_cast<float>(static_cast<std::int32_t>(upper[k] >> 8));
            const auto c = static_cast<float>(static_cast<std::int32_t>(lower[k] & 255));
            const auto d = static_cast<float>(static_cast<std::int32_t>(lower[k] >> 8));
            const float top = a + fx[k] * (b - a), low = c + fx[k] * (d - c);
            values[begin + k] = top + fy[k] * (low - top);
        }
    }
}

}  // namespace qrcore
