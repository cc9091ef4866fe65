#include "scalar.hpp"

namespace qrcore::scalar {

void halve(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        dst[i] = static_cast<std::uint8_t>((a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1] + 2) >> 2);
}

void luma_rgb(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
        dst[i] = static_cast<std::uint8_t>((77 * src[3 * i] + 150 * src[3 * i + 1] + 29 * src[3 * i + 2] + 128) >> 8);
}

void luma_rgba(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const unsigned alpha = src[4 * i + 3], white = 255 * (255 - alpha) + 127;
        const unsigned r = (src[4 * i] * alpha + white) / 255;
        const unsigned g = (src[4 * i + 1] * alpha + white) / 255;
        const unsigned b = (src[4 * i + 2] * alpha + white) / 255;
        dst[i] = static_cast<std::uint8_t>((77 * r + 150 * g + 29 * b + 128) >> 8);
    }
}

void threshold(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n) {
    for (std::size_t start = 0; start < n; start += 64) {
        const std::size_t end = n - start < 64 ? n - start : 64;
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < end; ++i) word |= std::uint64_t{src[start + i] < limit[(start + i) / 2]} << i;
        *bits++ = word;
    }
}

void between(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) dst[i] = static_cast<std::uint8_t>((3 * near[i] + far[i] + 2) >> 2);
}

void widen(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i, ++src) {
        dst[2 * i] = static_cast<std::uint8_t>((3 * src[0] + src[-1] + 2) >> 2);
        dst[2 * i + 1] = static_cast<std::uint8_t>((3 * src[0] + src[1] + 2) >> 2);
    }
}

std::size_t cores(const std::int32_t* edges, std::size_t n, const RunTest& test, std::int32_t* hits) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::int32_t* e = edges + 2 * i;
        const int core = e[1] - e[0], left = e[0] - e[-1], right = e[2] - e[1], whole = e[3] - e[-2];
        const int slack = test.tolerance * whole + 7 * 128;
        const auto off = [&](int pixels, int share) {
            const int difference = 7 * pixels - share * whole;
            return 256 * (difference < 0 ? -difference : difference) > share * slack;
        };
        hits[found] = static_cast<std::int32_t>(i);
        found += core > left && core > right && whole >= test.least && !off(core, 3) && !off(left, 1) &&
                 !off(right, 1) && !off(e[-1] - e[-2], 1) && !off(e[3] - e[2], 1);
    }
    return found;
}

const Kernels kernels{"scalar", halve, luma_rgb, luma_rgba, threshold, between, widen, cores};

}  // namespace qrcore::scalar
