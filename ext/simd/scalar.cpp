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

void enlarge(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t m, std::size_t n) {
    unsigned before = 0, here = (3u * near[0] + far[0] + 2) >> 2;
    for (std::size_t i = 0; 2 * i < n; ++i) {
        const unsigned after = i + 1 < m ? (3u * near[i + 1] + far[i + 1] + 2) >> 2 : here;
        if (i == 0) before = here;
        dst[2 * i] = static_cast<std::uint8_t>((3 * here + before + 2) >> 2);
        if (2 * i + 1 < n) dst[2 * i + 1] = static_cast<std::uint8_t>((3 * here + after + 2) >> 2);
        before = here;
        here = after;
    }
}

const Kernels kernels{"scalar", halve, luma_rgb, luma_rgba, threshold, enlarge};

}  // namespace qrcore::scalar
