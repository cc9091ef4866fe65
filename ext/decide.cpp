#include "decide.hpp"

#include <algorithm>
#include <cmath>

#include "simd/clones.hpp"

namespace qrcore {
namespace {

// One plane of floats over the modules.
struct Plane {
    std::span<float> data;
    int width, height;

    float* row(int y) const { return data.data() + static_cast<std::ptrdiff_t>(y) * width; }
};

// Two box sums of 2 r + 1 values each way: nearly a Gaussian of sigma sqrt((2 r + 1)^2 - 1) / sqrt(6). Sums, not means:
// what is smoothed is divided by its smoothed weight. Along rows each box is summed anew, by vectors over the row, from
// a line with `r` zeros at each end; along columns row sums run.
QRCORE_CLONES void blur(Plane p, int r, Scratch& scratch) {
    Scratch::Frame frame(scratch);
    const auto width = static_cast<std::size_t>(p.width);
    auto line = scratch.take<float>(width + 2 * static_cast<std::size_t>(r), 0.0f);
    float* inside = line.data() + r;
    for (int y = 0; y < p.height; ++y)
        for (int pass = 0; pass < 2; ++pass) {
            float* row = p.row(y);
            std::copy(row, row + p.width, inside);
            for (int x = 0; x < p.width; ++x) row[x] = line[static_cast<std::size_t>(x)];
            for (int k = 1; k <= 2 * r; ++k)
                for (int x = 0; x < p.width; ++x) row[x] += line[static_cast<std::size_t>(x + k)];
        }
    auto total = scratch.take<float>(width);
    Plane q{scratch.take<float>(width * static_cast<std::size_t>(p.height)), p.width, p.height};
    for (int pass = 0; pass < 2; ++pass) {
        std::fill(total.begin(), total.end(), 0.0f);
        for (int y = -r; y < p.height; ++y) {
            if (y + r < p.height)
                for (int x = 0; x < p.width; ++x) total[x] += p.row(y + r)[x];
            if (y - r - 1 >= 0)
                for (int x = 0; x < p.width; ++x) total[x] -= p.row(y - r - 1)[x];
            if (y >= 0) std::copy(total.begin(), total.end(), q.row(y));
        }
        std::swap(p.data, q.data);
    }
}

// How much of 1 two box sums leave at place i of n.
float weight_at(int i, int n, int r) {
    int sum = 0;
    for (int k = std::max(i - r, 0); k <= std::min(i + r, n - 1); ++k)
        sum += std::min(k + r, n - 1) - std::max(k - r, 0) + 1;
    return static_cast<float>(sum);
}

Plane take_plane(Scratch& scratch, Size size) {
    return {scratch.take<float>(static_cast<std::size_t>(size.width) * size.height), size.width, size.height};
}

}  // namespace

QRCORE_CLONES Status decide(const DecideIn& in, const Tunables::Decide& tunables, Context& context, Lattice& lattice,
                            Modules& out) {
    const Size size = lattice.layout->size;
    const auto n = static_cast<std::size_t>(size.width) * size.height;
    out.size = size;
    out.llr.resize(n);
    lattice.black.resize(n);
    lattice.white.resize(n);
    if (!context.budget.spend(static_cast<std::uint32_t>(n / 16))) return Status::budget;

    Scratch::Frame frame(context.scratch);
    Plane luma = take_plane(context.scratch, size), mean = take_plane(context.scratch, size);
    Plane count = take_plane(context.scratch, size), dark = take_plane(context.scratch, size);
    Plane dark_count = take_plane(context.scratch, size);
    auto was_dark = context.scratch.take<bool>(n, false);
    float lowest = 255, highest = 0;
    for (int y = 0, k = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x, ++k) {
            const float l = lattice.luma[lattice.centre(x, y)];
            luma.data[k] = mean.data[k] = in.inverted ? 255 - l : l;
            lowest = std::min(lowest, l);
            highest = std::max(highest, l);
        }
    if (highest - lowest < tunables.least_contrast) return Status::contrast;
    blur(mean, tunables.radius, context.scratch);
    auto weight_x = context.scratch.take<float>(static_cast<std::size_t>(size.width));
    for (int x = 0; x < size.width; ++x) weight_x[x] = weight_at(x, size.width, tunables.radius);
    for (int y = 0, k = 0; y < size.height; ++y) {
        const float weight_y = weight_at(y, size.height, tunables.radius);
        for (int x = 0; x < size.width; ++x, ++k) count.data[k] = weight_x[x] * weight_y;
    }
    for (std::size_t k = 0; k < n; ++k) out.llr[k] = mean.data[k] / count.data[k] - luma.data[k];

    for (int round = 0; round < tunables.rounds; ++round) {
        if (!context.budget.look()) return Status::budget;
        bool changed = round == 0;
        for (std::size_t k = 0; k < n; ++k) {
            const bool is_dark = in.known[k] != 0 ? in.known[k] > 0 : out.llr[k] > 0;
            changed |= is_dark != was_dark[k];
            was_dark[k] = is_dark;
            dark.data[k] = is_dark ? luma.data[k] : 0;
            dark_count.data[k] = is_dark ? 1.0f : 0.0f;
        }
        if (!changed) break;
        blur(dark, tunables.radius, context.scratch);
        blur(dark_count, tunables.radius, context.scratch);
        for (std::size_t k = 0; k < n; ++k) {
            // What is not dark is light. The counts are whole numbers.
            const float light_count = count.data[k] - dark_count.data[k];
            const float b = dark_count.data[k] > 0 ? dark.data[k] / dark_count.data[k] : 0;
            const float w = light_count > 0 ? (mean.data[k] - dark.data[k]) / light_count : 0;
            lattice.black[k] = b;
            lattice.white[k] = w;
            const float half = std::max((w - b) / 2, tunables.least_half_contrast);
            out.llr[k] =
                static_cast<float>(tunables.llr_scale) * std::clamp(((b + w) / 2 - luma.data[k]) / half, -1.5f, 1.5f);
        }
    }
    return Status::ok;
}

}  // namespace qrcore
