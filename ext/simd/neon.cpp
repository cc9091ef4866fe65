// 128-bit kernels for 64-bit ARM.
#include "targets.hpp"

#if defined(QRCORE_NEON)

#include <arm_neon.h>

#include "scalar.hpp"

namespace qrcore::neon {
namespace {

void halve(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const uint16x8_t low = vpadalq_u8(vpaddlq_u8(vld1q_u8(a + 2 * i)), vld1q_u8(b + 2 * i));
        const uint16x8_t high = vpadalq_u8(vpaddlq_u8(vld1q_u8(a + 2 * i + 16)), vld1q_u8(b + 2 * i + 16));
        vst1q_u8(dst + i, vcombine_u8(vrshrn_n_u16(low, 2), vrshrn_n_u16(high, 2)));
    }
    scalar::halve(a + 2 * i, b + 2 * i, dst + i, n - i);
}

void luma_rgb(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        const uint8x8x3_t p = vld3_u8(src + 3 * i);
        uint16x8_t sum = vmull_u8(p.val[0], vdup_n_u8(77));
        sum = vmlal_u8(sum, p.val[1], vdup_n_u8(150));
        sum = vmlal_u8(sum, p.val[2], vdup_n_u8(29));
        vst1_u8(dst + i, vrshrn_n_u16(sum, 8));
    }
    scalar::luma_rgb(src + 3 * i, dst + i, n - i);
}

// A byte a lane of 0 or 255 to a bit a lane.
inline uint8x16_t weighted(uint8x16_t mask) {
    static const std::uint8_t weight[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return vandq_u8(mask, vld1q_u8(weight));
}

inline uint8x16_t below(const std::uint8_t* src, const std::uint8_t* limit) {
    const uint8x8_t l = vld1_u8(limit);
    return weighted(vcltq_u8(vld1q_u8(src), vcombine_u8(vzip1_u8(l, l), vzip2_u8(l, l))));
}

void threshold(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n) {
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) {
        const uint8x16_t ab = vpaddq_u8(below(src + i, limit + i / 2), below(src + i + 16, limit + i / 2 + 8));
        const uint8x16_t cd =
            vpaddq_u8(below(src + i + 32, limit + i / 2 + 16), below(src + i + 48, limit + i / 2 + 24));
        const uint8x16_t abcd = vpaddq_u8(ab, cd);
        *bits++ = vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(abcd, abcd)), 0);
    }
    scalar::threshold(src + i, limit + i / 2, bits, n - i);
}

inline uint8x8_t blend(const std::uint8_t* near, const std::uint8_t* far) {
    return vrshrn_n_u16(vmlal_u8(vmovl_u8(vld1_u8(far)), vld1_u8(near), vdup_n_u8(3)), 2);
}

void enlarge(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t m, std::size_t n) {
    if (m < 18 || n < 2 * m - 1) return scalar::enlarge(near, far, dst, m, n);
    // The edges by the scalar kernel, from a few values that hold all that they need.
    scalar::enlarge(near, far, dst, 3, 4);
    std::size_t i = 2;
    for (; i + 9 <= m; i += 8) {
        const uint8x8_t three = vdup_n_u8(3);
        const uint16x8_t triple = vmull_u8(blend(near + i, far + i), three);
        const uint8x8x2_t both{vrshrn_n_u16(vaddw_u8(triple, blend(near + i - 1, far + i - 1)), 2),
                               vrshrn_n_u16(vaddw_u8(triple, blend(near + i + 1, far + i + 1)), 2)};
        vst2_u8(dst + 2 * i, both);
    }
    std::uint8_t tail[40];
    const std::size_t from = i - 2;  // two values of run-in, whose own results are not wanted
    scalar::enlarge(near + from, far + from, tail, m - from, n - 2 * from);
    for (std::size_t k = 4; k < n - 2 * from; ++k) dst[2 * from + k] = tail[k];
}

}  // namespace

const Kernels kernels{"neon", halve, luma_rgb, scalar::luma_rgba, threshold, enlarge};

}  // namespace qrcore::neon

#endif
