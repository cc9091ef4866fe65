// 128-bit kernels for x86: SSSE3 and SSE4.1.
#include "targets.hpp"

#if defined(QRCORE_X86)

#include <immintrin.h>

#include <algorithm>
#include <bit>

#include "scalar.hpp"

#if defined(__GNUC__)
#define QRCORE_SSE4 __attribute__((target("ssse3,sse4.1")))
#else
#define QRCORE_SSE4
#endif

namespace qrcore::sse4 {
namespace {

QRCORE_SSE4 inline __m128i load(const std::uint8_t* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
QRCORE_SSE4 inline __m128i load8(const std::uint8_t* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); }
QRCORE_SSE4 inline void store(std::uint8_t* p, __m128i v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v); }

// 16 pixels of two rows to 8 sums of four, with the rounding.
QRCORE_SSE4 inline __m128i sums(__m128i a, __m128i b) {
    const __m128i one = _mm_set1_epi8(1);
    return _mm_add_epi16(_mm_add_epi16(_mm_maddubs_epi16(a, one), _mm_maddubs_epi16(b, one)), _mm_set1_epi16(2));
}

QRCORE_SSE4 void halve(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        const __m128i low = sums(load(a + 2 * i), load(b + 2 * i));
        const __m128i high = sums(load(a + 2 * i + 16), load(b + 2 * i + 16));
        store(dst + i, _mm_packus_epi16(_mm_srli_epi16(low, 2), _mm_srli_epi16(high, 2)));
    }
    scalar::halve(a + 2 * i, b + 2 * i, dst + i, n - i);
}

// 16 bits: set where src < limit, each limit for two pixels.
QRCORE_SSE4 inline unsigned below(const std::uint8_t* src, const std::uint8_t* limit) {
    const __m128i l = load8(limit), pixels = load(src);
    const __m128i at_least = _mm_cmpeq_epi8(_mm_max_epu8(pixels, _mm_unpacklo_epi8(l, l)), pixels);
    return ~static_cast<unsigned>(_mm_movemask_epi8(at_least)) & 0xFFFFu;
}

QRCORE_SSE4 void threshold(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n) {
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64) {
        const std::uint64_t a = below(src + i, limit + i / 2), b = below(src + i + 16, limit + i / 2 + 8);
        const std::uint64_t c = below(src + i + 32, limit + i / 2 + 16), d = below(src + i + 48, limit + i / 2 + 24);
        *bits++ = a | b << 16 | c << 32 | d << 48;
    }
    if (i == n) return;
    std::uint64_t word = 0, rest = 0;
    int at = 0;
    for (; i + 16 <= n; i += 16, at += 16) word |= std::uint64_t{below(src + i, limit + i / 2)} << at;
    if (i < n) scalar::threshold(src + i, limit + i / 2, &rest, n - i);
    *bits = word | rest << at;
}

// (a + b) / 2, rounded down where _mm_avg_epu8 rounds up. With it sums of four are exact without leaving bytes.
QRCORE_SSE4 inline __m128i floor_mean(__m128i a, __m128i b) {
    return _mm_sub_epi8(_mm_avg_epu8(a, b), _mm_and_si128(_mm_xor_si128(a, b), _mm_set1_epi8(1)));
}

// (3 a + b + 2) / 4.
QRCORE_SSE4 inline __m128i quarter_way(__m128i a, __m128i b) { return _mm_avg_epu8(a, floor_mean(a, b)); }

// The rows of these two end with a vector that may repeat some of the one before.

QRCORE_SSE4 void between(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t n) {
    if (n < 16) return scalar::between(near, far, dst, n);
    for (std::size_t i = 0;; i = std::min(i + 16, n - 16)) {
        store(dst + i, quarter_way(load(near + i), load(far + i)));
        if (i == n - 16) return;
    }
}

QRCORE_SSE4 void widen(const std::uint8_t* src, std::uint8_t* dst, std::size_t n) {
    if (n < 16) return scalar::widen(src, dst, n);
    for (std::size_t i = 0;; i = std::min(i + 16, n - 16)) {
        const __m128i here = load(src + i);
        const __m128i even = quarter_way(here, load(src + i - 1)), odd = quarter_way(here, load(src + i + 1));
        store(dst + 2 * i, _mm_unpacklo_epi8(even, odd));
        store(dst + 2 * i + 16, _mm_unpackhi_epi8(even, odd));
        if (i == n - 16) return;
    }
}

// Four runs of the test for finder patterns.
struct Runs {
    __m128i whole, slack;

    QRCORE_SSE4 __m128i off(__m128i pixels) const {
        const __m128i sevenfold = _mm_sub_epi32(_mm_slli_epi32(pixels, 3), pixels);
        return _mm_cmpgt_epi32(_mm_slli_epi32(_mm_abs_epi32(_mm_sub_epi32(sevenfold, whole)), 8), slack);
    }
};

QRCORE_SSE4 inline __m128i triple(__m128i a) { return _mm_add_epi32(a, _mm_add_epi32(a, a)); }

QRCORE_SSE4 std::size_t cores(const std::int32_t* edges, std::size_t n, const RunTest& test, std::int32_t* hits) {
    const __m128i least = _mm_set1_epi32(test.least), tolerance = _mm_set1_epi32(test.tolerance);
    std::size_t found = 0;
    for (std::size_t i = 0; i < n; i += 4) {
        __m128 e[6];  // every second edge: run k of the five lies between [k] and [k + 1]
        for (int k = 0; k < 6; k += 2) {
            const float* p = reinterpret_cast<const float*>(edges + 2 * i) + k - 2;
            const __m128 a = _mm_loadu_ps(p), b = _mm_loadu_ps(p + 4);
            e[k] = _mm_shuffle_ps(a, b, 0x88);
            e[k + 1] = _mm_shuffle_ps(a, b, 0xDD);
        }
        const auto run = [&e](int k)
                             QRCORE_SSE4 { return _mm_sub_epi32(_mm_castps_si128(e[k + 1]), _mm_castps_si128(e[k])); };
        const __m128i left = run(1), core = run(2), right = run(3);
        const __m128i whole = _mm_sub_epi32(_mm_castps_si128(e[5]), _mm_castps_si128(e[0]));
        const __m128i slack = _mm_add_epi32(_mm_mullo_epi32(tolerance, whole), _mm_set1_epi32(7 * 128));
        const Runs outer{whole, slack}, inner{triple(whole), triple(slack)};
        const __m128i longest = _mm_and_si128(_mm_cmpgt_epi32(core, left), _mm_cmpgt_epi32(core, right));
        const __m128i near = _mm_or_si128(_mm_or_si128(outer.off(left), outer.off(right)), inner.off(core));
        const __m128i far = _mm_or_si128(outer.off(run(0)), outer.off(run(4)));
        const __m128i out = _mm_or_si128(_mm_or_si128(near, far), _mm_cmpgt_epi32(least, whole));
        auto bits = static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(_mm_andnot_si128(out, longest))));
        if (n - i < 4) bits &= (1u << (n - i)) - 1;
        for (; bits; bits &= bits - 1) hits[found++] = static_cast<std::int32_t>(i) + std::countr_zero(bits);
    }
    return found;
}

}  // namespace

const Kernels kernels{"sse4", halve, scalar::luma_rgb, scalar::luma_rgba, threshold, between, widen, cores};

bool supported() {
#if defined(__GNUC__)
    return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.1");
#else
    int info[4];
    __cpuid(info, 1);
    return (info[2] & (1 << 9)) && (info[2] & (1 << 19));
#endif
}

}  // namespace qrcore::sse4

#endif
