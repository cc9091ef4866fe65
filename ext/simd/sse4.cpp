// 128-bit kernels for x86: SSSE3 and SSE4.1.
#include "targets.hpp"

#if defined(QRCORE_X86)

#include <immintrin.h>

#include <algorithm>

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

// (3 near + far + 2) / 4 of 8 values, as words.
QRCORE_SSE4 inline __m128i blend(const std::uint8_t* near, const std::uint8_t* far) {
    const __m128i a = _mm_cvtepu8_epi16(load8(near)), b = _mm_cvtepu8_epi16(load8(far));
    const __m128i sum = _mm_add_epi16(_mm_add_epi16(a, _mm_slli_epi16(a, 1)), b);
    return _mm_srli_epi16(_mm_add_epi16(sum, _mm_set1_epi16(2)), 2);
}

QRCORE_SSE4 void enlarge(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t m,
                         std::size_t n) {
    if (m < 11 || n < 2 * m - 1) return scalar::enlarge(near, far, dst, m, n);
    // The edges by the scalar kernel, from a few values that hold all that they need.
    scalar::enlarge(near, far, dst, 3, 4);
    for (std::size_t i = 1;; i = std::min(i + 8, m - 9)) {  // the last vector overlaps the one before
        const __m128i here = blend(near + i, far + i), two = _mm_set1_epi16(2);
        const __m128i triple = _mm_add_epi16(_mm_add_epi16(here, _mm_slli_epi16(here, 1)), two);
        const __m128i even = _mm_srli_epi16(_mm_add_epi16(triple, blend(near + i - 1, far + i - 1)), 2);
        const __m128i odd = _mm_srli_epi16(_mm_add_epi16(triple, blend(near + i + 1, far + i + 1)), 2);
        const __m128i both = _mm_or_si128(even, _mm_slli_epi16(odd, 8));
        store(dst + 2 * i, both);
        if (i == m - 9) break;
    }
    std::uint8_t tail[6];
    scalar::enlarge(near + m - 3, far + m - 3, tail, 3, n - 2 * (m - 3));
    for (std::size_t k = 4; k < n - 2 * (m - 3); ++k) dst[2 * (m - 3) + k] = tail[k];
}

}  // namespace

const Kernels kernels{"sse4", halve, scalar::luma_rgb, scalar::luma_rgba, threshold, enlarge};

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
