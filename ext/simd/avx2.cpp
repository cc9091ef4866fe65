// 256-bit kernels for x86, where they prove faster than the 128-bit ones: those that read every pixel of a level.
#include "targets.hpp"

#if defined(QRCORE_X86)

#include <immintrin.h>

#include "scalar.hpp"

#if defined(__GNUC__)
#define QRCORE_AVX2 __attribute__((target("avx2")))
#else
#define QRCORE_AVX2
#endif

namespace qrcore::avx2 {
namespace {

QRCORE_AVX2 inline __m256i load(const std::uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// 32 pixels of two rows to 16 sums of four, with the rounding.
QRCORE_AVX2 inline __m256i sums(__m256i a, __m256i b) {
    const __m256i one = _mm256_set1_epi8(1);
    const __m256i both = _mm256_add_epi16(_mm256_maddubs_epi16(a, one), _mm256_maddubs_epi16(b, one));
    return _mm256_srli_epi16(_mm256_add_epi16(both, _mm256_set1_epi16(2)), 2);
}

QRCORE_AVX2 void halve(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n) {
    std::size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        const __m256i low = sums(load(a + 2 * i), load(b + 2 * i));
        const __m256i high = sums(load(a + 2 * i + 32), load(b + 2 * i + 32));
        // Packing goes by 128-bit halves: quarters 0, 2, 1, 3.
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xD8);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + i), packed);
    }
    scalar::halve(a + 2 * i, b + 2 * i, dst + i, n - i);
}

// 32 bits: set where src < limit, each limit for two pixels.
QRCORE_AVX2 inline std::uint64_t below(const std::uint8_t* src, const std::uint8_t* limit) {
    const __m256i words = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(limit)));
    const __m256i limits = _mm256_or_si256(words, _mm256_slli_epi16(words, 8)), pixels = load(src);
    const __m256i at_least = _mm256_cmpeq_epi8(_mm256_max_epu8(pixels, limits), pixels);
    return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(at_least));
}

QRCORE_AVX2 void threshold(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n) {
    std::size_t i = 0;
    for (; i + 64 <= n; i += 64)
        *bits++ = below(src + i, limit + i / 2) | below(src + i + 32, limit + i / 2 + 16) << 32;
    sse4::kernels.threshold(src + i, limit + i / 2, bits, n - i);
}

}  // namespace

const Kernels kernels{"avx2", halve, scalar::luma_rgb, scalar::luma_rgba, threshold, sse4::kernels.enlarge};

bool supported() {
#if defined(__GNUC__)
    return __builtin_cpu_supports("avx2");
#else
    int info[4];
    __cpuidex(info, 7, 0);
    return info[1] & (1 << 5);
#endif
}

}  // namespace qrcore::avx2

#endif
