// 128-bit kernels for 64-bit ARM.
#include "targets.hpp"

#if defined(QRCORE_NEON)

#include <arm_neon.h>

#include <cstring>

#include "scalar.hpp"

namespace qrcore::neon {
namespace {

// 16 pixels of the smaller picture.
inline void halve16(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst) {
    const uint16x8_t low = vpadalq_u8(vpaddlq_u8(vld1q_u8(a)), vld1q_u8(b));
    const uint16x8_t high = vpadalq_u8(vpaddlq_u8(vld1q_u8(a + 16)), vld1q_u8(b + 16));
    vst1q_u8(dst, vrshrn_high_n_u16(vrshrn_n_u16(low, 2), high, 2));
}

void halve(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n) {
    if (n < 16) return scalar::halve(a, b, dst, n);
    for (std::size_t i = 0; i + 16 < n; i += 16) halve16(a + 2 * i, b + 2 * i, dst + i);
    halve16(a + 2 * (n - 16), b + 2 * (n - 16), dst + n - 16);  // it may repeat some of the one before
}

// (77 R + 150 G + 29 B + 128) / 256.
inline uint8x8_t luma(uint8x8_t red, uint8x8_t green, uint8x8_t blue) {
    const uint16x8_t sum = vmlal_u8(vmull_u8(red, vdup_n_u8(77)), green, vdup_n_u8(150));
    return vrshrn_n_u16(vmlal_u8(sum, blue, vdup_n_u8(29)), 8);
}

void luma_rgb(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const uint8x8x3_t p = vld3_u8(src + 3 * i);
        vst1_u8(dst + i, luma(p.val[0], p.val[1], p.val[2]));
    }
    scalar::luma_rgb(src + 3 * i, dst + i, n - i);
}

// (c a + 255 (255 - a) + 127) / 255, which is t = 65152 - (255 - c) a over 255; t / 255 is (t + t / 256 + 1) / 256
// for all t below 65535.
inline uint8x8_t on_white(uint8x8_t colour, uint8x8_t alpha) {
    const uint16x8_t t = vmlsl_u8(vdupq_n_u16(65152), vmvn_u8(colour), alpha);
    return vaddhn_u16(vsraq_n_u16(t, t, 8), vdupq_n_u16(1));
}

void luma_rgba(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const uint8x8x4_t p = vld4_u8(src + 4 * i);
        const uint8x8_t alpha = p.val[3];
        vst1_u8(dst + i, luma(on_white(p.val[0], alpha), on_white(p.val[1], alpha), on_white(p.val[2], alpha)));
    }
    scalar::luma_rgba(src + 4 * i, dst + i, n - i);
}

// 16 lanes of 0 or 1 << (lane % 8): set where src < limit.
inline uint8x16_t below(const std::uint8_t* src, uint8x16_t limit) {
    static const std::uint8_t weight[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return vandq_u8(vcltq_u8(vld1q_u8(src), limit), vld1q_u8(weight));
}

// 32 pixels, each limit for two of them; a lane has the bits of two pixels.
inline uint8x16_t below32(const std::uint8_t* src, const std::uint8_t* limit) {
    const uint8x16_t l = vld1q_u8(limit);
    return vpaddq_u8(below(src, vzip1q_u8(l, l)), below(src + 16, vzip2q_u8(l, l)));
}

inline std::uint64_t below64(const std::uint8_t* src, const std::uint8_t* limit) {
    const uint8x16_t sums = vpaddq_u8(below32(src, limit), below32(src + 32, limit + 16));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

void threshold(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n) {
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) *bits++ = below64(src + i, limit + i / 2);
    if (i == n) return;
    std::uint8_t pixels[64], limits[32] = {};
    std::memset(pixels, 255, sizeof pixels);  // no limit is above it
    std::memcpy(pixels, src + i, n - i);
    std::memcpy(limits, limit + i / 2, (n - i + 1) / 2);
    *bits = below64(pixels, limits);
}

// (3 a + b + 2) / 4.
inline uint8x16_t blend(uint8x16_t a, uint8x16_t b) {
    const uint16x8_t low = vaddw_u8(vmull_u8(vget_low_u8(a), vdup_n_u8(3)), vget_low_u8(b));
    const uint16x8_t high = vaddw_high_u8(vmull_high_u8(a, vdupq_n_u8(3)), b);
    return vrshrn_high_n_u16(vrshrn_n_u16(low, 2), high, 2);
}

// Twice 16 values, each between the one before it and the one after.
inline uint8x16x2_t between(uint8x16_t before, uint8x16_t here, uint8x16_t after) {
    return {{blend(here, vextq_u8(before, here, 15)), blend(here, vextq_u8(here, after, 1))}};
}

void enlarge(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t m, std::size_t n) {
    if (m < 17 || n < 2 * m - 1) return scalar::enlarge(near, far, dst, m, n);
    const auto values = [near, far](std::size_t i) { return blend(vld1q_u8(near + i), vld1q_u8(far + i)); };
    uint8x16_t here = values(0), before = vdupq_laneq_u8(here, 0);
    std::size_t i = 0;
    for (; i + 32 <= m; i += 16) {
        const uint8x16_t after = values(i + 16);
        vst2q_u8(dst + 2 * i, between(before, here, after));
        before = here;
        here = after;
    }
    // 16 to 31 values are left: 16 of them unless it is that many, then the last 16, whose last pixel may not be
    // wanted.
    if (i + 16 < m) vst2q_u8(dst + 2 * i, between(before, here, vdupq_laneq_u8(values(i + 1), 15)));
    const uint8x16_t last = values(m - 16);
    std::uint8_t end[32];
    vst2q_u8(end, between(vdupq_laneq_u8(values(m - 17), 0), last, vdupq_laneq_u8(last, 15)));
    std::memcpy(dst + 2 * (m - 16), end, n - 2 * (m - 16));
}

}  // namespace

const Kernels kernels{"neon", halve, luma_rgb, luma_rgba, threshold, enlarge};

}  // namespace qrcore::neon

#endif
