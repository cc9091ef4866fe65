#include "decide.hpp"

#include <algorithm>
#include <cmath>

namespace qrcore {
namespace {

// One plane of floats over the modules.
struct Plane {
    std::span<float> data;
    int width, height;

    float* row(int y) const { return data.data() + static_cast<std::ptrdiff_t>(y) * width; }
};

// Running mean of 2 r + 1 values along a line, with fewer at the ends; `step` apart.
void box_line(const float* in, float* out, int n, int r) {
    float sum = 0;
    for (int i = 0; i < std::min(r, n); ++i) sum += in[i];
    for (int i = 0; i < n; ++i) {
        if (i + r < n) sum += in[i + r];
        if (i - r - 1 >= 0) sum -= in[i - r - 1];
        out[i] = sum;
    }
}

// Two box sums each way: nearly a Gaussian of sigma sqrt((2 r + 1)^2 - 1) / sqrt(6). Sums, not means: what is
// smoothed is divided by its smoothed weight.
void blur(Plane p, int r, Scratch& scratch) {
    Scratch::Frame frame(scratch);
    auto line = scratch.take<float>(static_cast<std::size_t>(std::max(p.width, p.height)));
    for (int y = 0; y < p.height; ++y) {
        box_line(p.row(y), line.data(), p.width, r);
        box_line(line.data(), p.row(y), p.width, r);
    }
    auto sums = scratch.take<float>(static_cast<std::size_t>(p.width) * p.height);
    Plane q{sums, p.width, p.height};
    for (int pass = 0; pass < 2; ++pass) {
        auto total = scratch.take<float>(static_cast<std::size_t>(p.width), 0.0f);
        for (int y = 0; y < std::min(r, p.height); ++y)
            for (int x = 0; x < p.width; ++x) total[x] += p.row(y)[x];
        for (int y = 0; y < p.height; ++y) {
            if (y + r < p.height)
                for (int x = 0; x < p.width; ++x) total[x] += p.row(y + r)[x];
            if (y - r - 1 >= 0)
                for (int x = 0; x < p.width; ++x) total[x] -= p.row(y - r - 1)[x];
            std::copy(total.begin(), total.end(), q.row(y));
        }
        std::swap(p.data, q.data);
    }
}

Plane take_plane(Scratch& scratch, Size size) {
    return {scratch.take<float>(static_cast<std::size_t>(size.width) * size.height), size.width, size.height};
}

}  // namespace

Status decide(const DecideIn& in, const Tunables::Decide& tunables, Context& context, Lattice& lattice, Modules& out) {
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
    float lowest = 255, highest = 0;
    for (int y = 0, k = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x, ++k) {
            const float l = lattice.luma[lattice.centre(x, y)];
            luma.data[k] = mean.data[k] = in.inverted ? 255 - l : l;
            count.data[k] = 1;
            lowest = std::min(lowest, l);
            highest = std::max(highest, l);
        }
    if (highest - lowest < tunables.least_contrast) return Status::contrast;
    blur(mean, tunables.radius, context.scratch);
    blur(count, tunables.radius, context.scratch);
    for (std::size_t k = 0; k < n; ++k) out.llr[k] = mean.data[k] / count.data[k] - luma.data[k];

    for (int round = 0; round < tunables.rounds; ++round) {
        for (std::size_t k = 0; k < n; ++k) {
            const bool is_dark = in.known[k] != 0 ? in.known[k] > 0 : out.llr[k] > 0;
            dark.data[k] = is_dark ? luma.data[k] : 0;
            dark_count.data[k] = is_dark ? 1.0f : 0.0f;
        }
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
