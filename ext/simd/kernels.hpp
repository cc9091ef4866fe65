// The inner loops that are written once a target. All are integer and give equal bytes on every target.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qrcore {

struct Kernels {
    const char* name;  // "scalar", "sse4", "avx2", "neon"

    // dst[i] = (a[2i] + a[2i+1] + b[2i] + b[2i+1] + 2) / 4 for i < n: one row of the next pyramid level.
    void (*halve)(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* dst, std::size_t n);

    // dst[i] = (77 R + 150 G + 29 B + 128) / 256 over n pixels of 3 or 4 adjacent channels; with 4, composed on
    // white first: c' = (c * a + 255 * (255 - a) + 127) / 255.
    void (*luma_rgb)(const std::uint8_t* src, std::uint8_t* dst, std::size_t n);
    void (*luma_rgba)(const std::uint8_t* src, std::uint8_t* dst, std::size_t n);

    // Bit i of bits is set where src[i] < limit[i / 2]; (n + 63) / 64 words are written, unused bits zero.
    void (*threshold)(const std::uint8_t* src, const std::uint8_t* limit, std::uint64_t* bits, std::size_t n);

    // One row of a plane enlarged twice by linear interpolation, for j < n (n <= 2 m):
    // v[i] = (3 near[i] + far[i] + 2) / 4, dst[j] = (3 v[j / 2] + v[j / 2 +- 1] + 2) / 4, + for odd j, edges repeated.
    void (*enlarge)(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t m, std::size_t n);
};

// Every target that this build has and this machine can run, best first; the last is scalar.
struct KernelList {
    const Kernels* const* data;
    std::size_t size;
};
KernelList available_kernels();

}  // namespace qrcore
