// 128-bit kernels for 64-bit ARM.
#include "targets.hpp"

#if defined(QRCORE_NEON)

#include <arm_neon.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "scalar.hpp"

namespace qrcore::neon {
namespace {

// 16 pixels of the smaller picture.
inline void halve16(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst) {
    const uint8x16x2_t upper = vld1q_u8_x2(a), lower = vld1q_u8_x2(b);
    const uint16x8_t low = vpadalq_u8(vpaddlq_u8(upper.val[0]), lower.val[0]);
    const uint16x8_t high = vpadalq_u8(vpaddlq_u8(upper.val[1]), lower.val[1]);
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

// (3 a + b + 2) / 4, exact in bytes: rounded down, then up.
inline uint8x16_t quarter_way(uint8x16_t a, uint8x16_t b) { return vrhaddq_u8(a, vhaddq_u8(a, b)); }

// The rows of these two end with a vector that may repeat some of the one before.

void between(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t n) {
    if (n < 16) return scalar::between(near, far, dst, n);
    for (std::size_t i = 0;; i = std::min(i + 16, n - 16)) {
        vst1q_u8(dst + i, quarter_way(vld1q_u8(near + i), vld1q_u8(far + i)));
        if (i == n - 16) return;
    }
}

void widen(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    if (n < 16) return scalar::widen(src, dst, n);
    for (std::size_t i = 0;; i = std::min(i + 16, n - 16)) {
        const uint8x16_t here = vld1q_u8(src + i);
        vst2q_u8(dst + 2 * i, {{quarter_way(here, vld1q_u8(src + i - 1)), quarter_way(here, vld1q_u8(src + i + 1))}});
        if (i == n - 16) return;
    }
}

// Four runs of the test for finder patterns.
struct Runs {
    int32x4_t whole, slack;

    uint32x4_t off(int32x4_t pixels) const {
        const int32x4_t sevenfold = vsubq_s32(vshlq_n_s32(pixels, 3), pixels);
        return vcgtq_s32(vshlq_n_s32(vabdq_s32(sevenfold, whole), 8), slack);
    }
};

std::size_t cores(const std::int32_t* edges, std::size_t n, const RunTest& test, std::int32_t* hits) {
    const int32x4_t least = vdupq_n_s32(test.least);
    std::size_t found = 0;
    for (std::size_t i = 0; i < n; i += 4) {
        // Every second edge: [0] begins the outer left run of each core and [1] ends it, and so on.
        const int32x4x2_t a = vld2q_s32(edges + 2 * i - 2), b = vld2q_s32(edges + 2 * i),
                          c = vld2q_s32(edges + 2 * i + 2);
        const int32x4_t left = vsubq_s32(b.val[0], a.val[1]), core = vsubq_s32(b.val[1], b.val[0]);
        const int32x4_t right = vsubq_s32(c.val[0], b.val[1]), whole = vsubq_s32(c.val[1], a.val[0]);
        const int32x4_t slack = vmlaq_n_s32(vdupq_n_s32(7 * 128), whole, test.tolerance);
        const Runs outer{whole, slack}, inner{vmulq_n_s32(whole, 3), vmulq_n_s32(slack, 3)};
        const uint32x4_t longest = vandq_u32(vcgtq_s32(core, left), vcgtq_s32(core, right));
        const uint32x4_t near = vorrq_u32(vorrq_u32(outer.off(left), outer.off(right)), inner.off(core));
        const uint32x4_t far =
            vorrq_u32(outer.off(vsubq_s32(a.val[1], a.val[0])), outer.off(vsubq_s32(c.val[1], c.val[0])));
        const uint32x4_t out = vorrq_u32(vorrq_u32(near, far), vcgtq_s32(least, whole));
        // 16 bits a run.
        std::uint64_t bits = vget_lane_u64(vreinterpret_u64_u16(vmovn_u32(vbicq_u32(longest, out))), 0);
        if (n - i < 4) bits &= (std::uint64_t{1} << (16 * (n - i))) - 1;
        for (bits &= 0x0001000100010001; bits; bits &= bits - 1)
            hits[found++] = static_cast<std::int32_t>(i) + std::countr_zero(bits) / 16;
    }
    return found;
}

}  // namespace

const Kernels kernels{"neon", halve, luma_rgb, luma_rgba, threshold, between, widen, cores};

}  // namespace qrcore::neon

#endif
