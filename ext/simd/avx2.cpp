// 256-bit kernels for x86, where they prove faster than the 128-bit ones: those that read every pixel of a level.
#include "targets.hpp"

#if defined(QRCORE_X86)

#include <immintrin.h>

#include <bit>

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
    if (i < n) sse4::kernels.threshold(src + i, limit + i / 2, bits, n - i);
}

// Eight runs of the test for finder patterns.
struct Runs {
    __m256i whole, slack;

    QRCORE_AVX2 __m256i off(__m256i pixels) const {
        const __m256i sevenfold = _mm256_sub_epi32(_mm256_slli_epi32(pixels, 3), pixels);
        return _mm256_cmpgt_epi32(_mm256_slli_epi32(_mm256_abs_epi32(_mm256_sub_epi32(sevenfold, whole)), 8), slack);
    }
};

QRCORE_AVX2 inline __m256i triple(__m256i a) { return _mm256_add_epi32(a, _mm256_add_epi32(a, a)); }

QRCORE_AVX2 std::size_t cores(const std::int32_t* edges, std::size_t n, const RunTest& test, std::int32_t* hits) {
    const __m256i least = _mm256_set1_epi32(test.least), tolerance = _mm256_set1_epi32(test.tolerance);
    std::size_t found = 0;
    for (std::size_t i = 0; i < n; i += 8) {
        __m256 e[6];  // every second edge: run k of the five lies between [k] and [k + 1]
        for (int k = 0; k < 6; k += 2) {
            const float* p = reinterpret_cast<const float*>(edges + 2 * i) + k - 2;
            const __m256 a = _mm256_loadu_ps(p), b = _mm256_loadu_ps(p + 8);
            e[k] = _mm256_shuffle_ps(a, b, 0x88);
            e[k + 1] = _mm256_shuffle_ps(a, b, 0xDD);
        }
        const auto run = [&e](int k) QRCORE_AVX2 {
            return _mm256_sub_epi32(_mm256_castps_si256(e[k + 1]), _mm256_castps_si256(e[k]));
        };
        const __m256i left = run(1), core = run(2), right = run(3);
        const __m256i whole = _mm256_sub_epi32(_mm256_castps_si256(e[5]), _mm256_castps_si256(e[0]));
        const __m256i slack = _mm256_add_epi32(_mm256_mullo_epi32(tolerance, whole), _mm256_set1_epi32(7 * 128));
        const Runs outer{whole, slack}, inner{triple(whole), triple(slack)};
        const __m256i longest = _mm256_and_si256(_mm256_cmpgt_epi32(core, left), _mm256_cmpgt_epi32(core, right));
        const __m256i near = _mm256_or_si256(_mm256_or_si256(outer.off(left), outer.off(right)), inner.off(core));
        const __m256i far = _mm256_or_si256(outer.off(run(0)), outer.off(run(4)));
        const __m256i out = _mm256_or_si256(_mm256_or_si256(near, far), _mm256_cmpgt_epi32(least, whole));
        // Shuffling went by 128-bit halves: pairs 0, 2, 1, 3.
        const __m256i passed = _mm256_permute4x64_epi64(_mm256_andnot_si256(out, longest), 0xD8);
        auto bits = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(passed)));
        if (n - i < 8) bits &= (1u << (n - i)) - 1;
        for (; bits; bits &= bits - 1) hits[found++] = static_cast<std::int32_t>(i) + std::countr_zero(bits);
    }
    return found;
}

}  // namespace

const Kernels kernels{
    "avx2", halve, scalar::luma_rgb, scalar::luma_rgba, threshold, sse4::kernels.between, sse4::kernels.widen, cores};

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
