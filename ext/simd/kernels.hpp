// The inner loops that are written once a target. All are integer and give equal bytes on every target.
#pragma once

#include <cstddef>
#include <cstdint>

namespace qrcore {

// Five runs in the proportion 1:1:3:1:1, each within `tolerance` / 256 of its share of the whole and half a pixel; the
// core is longer than its neighbours, the whole has `least` pixels or more (7 at the least).
struct RunTest {
    std::int32_t tolerance, least;
};

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

    // dst[i] = (3 near[i] + far[i] + 2) / 4 for i < n: between two rows of a plane that is enlarged twice.
    void (*between)(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* dst, std::size_t n);

    // The same along a row: dst[2i] = (3 src[i] + src[i-1] + 2) / 4 and dst[2i+1] = (3 src[i] + src[i+1] + 2) / 4 for
    // i < n; src[-1] and src[n] are read.
    void (*widen)(const std::uint8_t* src, std::uint8_t* dst, std::size_t n);

    // The cores of finder patterns among n runs of one colour along a row: run i lies between edges[2i] and
    // edges[2i+1], its neighbours between edges[2i-2] and edges[2i+3]. Writes the i of those that pass the test, in
    // order, and returns their number. Reads 16 edges more than it needs.
    std::size_t (*cores)(const std::int32_t* edges, std::size_t n, const RunTest& test, std::int32_t* hits);
};

// Every target that this build has and this machine can run, best first; the last is scalar.
struct KernelList {
    const Kernels* const* data;
    std::size_t size;
};
KernelList available_kernels();

}  // namespace qrcore
