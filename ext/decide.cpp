#include "decide.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "simd/clones.hpp"

namespace qrcore {
namespace {

constexpr int lanes = 8;  // of the longest vectors

constexpr float sure = 1e6f;  // a value that no other outweighs

constexpr int whole_vectors(int n) { return (n + lanes - 1) / lanes * lanes; }

// One plane of floats over the modules. Rows are whole vectors, so that loops leave no rest, and end in a margin of
// `r` values or more, which also come before the first row.
struct Plane {
    std::span<float> data;  // all rows
    int width, height, stride;

    Plane(Scratch& scratch, Size size, int r)
        : width(size.width), height(size.height), stride(whole_vectors(size.width + r)) {
        const auto ends = static_cast<std::size_t>(whole_vectors(r)), n = static_cast<std::size_t>(stride) * height;
        const auto whole = scratch.take<float>(ends + n + ends);
        data = whole.subspan(ends, n);
        std::fill(whole.begin(), data.begin(), 0.0f);
        std::fill(data.end(), whole.end(), 0.0f);
    }
    float* row(int y) const { return data.data() + static_cast<std::ptrdiff_t>(y) * stride; }
    void fill_margin(int y, float value) const { std::fill(row(y) + width, row(y) + stride, value); }
    void copy(float* out) const {  // without margins
        for (int y = 0; y < height; ++y) out = std::copy_n(row(y), width, out);
    }
};

// Sums of the 2 r + 1 values about each, along rows: each anew, by vectors over all rows. For the usual radius the
// compiler makes one expression of them.
QRCORE_CLONES void sum_along_rows(const Plane& in, const Plane& out, int r) {
    const float* from = in.data.data() - r;
    float* to = out.data.data();
    const auto n = static_cast<std::ptrdiff_t>(out.data.size());
    const auto sum_up = [=](auto more) {
        for (std::ptrdiff_t i = 0; i < n; ++i) {
            float sum = from[i];
            for (int k = 1; k <= more; ++k) sum += from[i + k];
            to[i] = sum;
        }
    };
    constexpr int usual = Tunables::Decide{}.radius;
    if (r == usual) sum_up(std::integral_constant<int, 2 * usual>{});
    else sum_up(2 * r);
}

// Twice; between the passes the margins are zero again.
void smooth_rows(const Plane& p, const Plane& other, int r) {
    sum_along_rows(p, other, r);
    for (int y = 0; y < p.height; ++y) other.fill_margin(y, 0);
    sum_along_rows(other, p, r);
}

// The same sums along columns, where they run: each is that of the row before with one value more and one less.
QRCORE_CLONES void sum_along_columns(const Plane& in, const Plane& out, int r, const float* zeros) {
    std::fill_n(out.row(0), out.stride, 0.0f);
    for (int y = -r; y < in.height; ++y) {
        const float* before = out.row(std::max(y - 1, 0));
        const float* more = y + r < in.height ? in.row(y + r) : zeros;
        const float* less = y - r - 1 >= 0 ? in.row(y - r - 1) : zeros;
        float* to = out.row(std::max(y, 0));
        for (int x = 0; x < in.stride; x += lanes) {
            float total[lanes];  // as `to` may be `before`
            for (int l = 0; l < lanes; ++l) total[l] = before[x + l] + more[x + l] - less[x + l];
            for (int l = 0; l < lanes; ++l) to[x + l] = total[l];
        }
    }
}

// Two box sums of 2 r + 1 values each way: nearly a Gaussian of sigma sqrt((2 r + 1)^2 - 1) / sqrt(6). Sums, not means:
// what is smoothed is divided by its smoothed weight. The margins have to be zero, and are not afterwards.
void blur(const Plane& p, const Plane& other, int r, const float* zeros) {
    smooth_rows(p, other, r);
    sum_along_columns(p, other, r, zeros);
    sum_along_columns(other, p, r, zeros);
}

// How much of 1 two box sums leave at each of n places.
const float* weights(Scratch& scratch, int n, int r) {
    const Plane ones(scratch, {n, 1}, r), other(scratch, {n, 1}, r);
    std::fill_n(ones.row(0), n, 1.0f);
    ones.fill_margin(0, 0);
    smooth_rows(ones, other, r);
    return ones.row(0);
}

}  // namespace

// Loops write one array each: where the compiler has to know too many apart, it makes no vectors.
QRCORE_CLONES Status decide(const DecideIn& in, const Tunables::Decide& tunables, Context& context, Lattice& lattice,
                            Modules& out) {
    const Size size = lattice.layout->size;
    const auto n = static_cast<std::size_t>(size.width) * size.height;
    out.size = size;
    out.llr.resize(n);
    lattice.black.resize(n);
    lattice.white.resize(n);
    if (!context.budget.spend(static_cast<std::uint32_t>(n / 16))) return Status::budget;

    Scratch& scratch = context.scratch;
    const Scratch::Frame frame(scratch);
    const int r = std::min(tunables.radius, std::max(size.width, size.height));  // a wider box holds no more
    const Plane luma(scratch, size, r), known(scratch, size, r), other(scratch, size, r);
    const auto stride = static_cast<std::size_t>(luma.stride), all = luma.data.size();
    const auto least = scratch.take<float>(stride, 255), most = scratch.take<float>(stride, 0);  // by column
    auto fixed = scratch.take<float>(n);
    for (std::size_t k = 0; k < n; ++k) fixed[k] = sure * in.known[k];
    for (int y = 0; y < size.height; ++y) {
        const float* samples = &lattice.luma[lattice.centre(0, y)];
        float* l = luma.row(y);
        for (int x = 0; x < size.width; ++x) l[x] = samples[2 * x];
        for (std::size_t x = 0; x < stride; ++x) least[x] = std::min(least[x], l[x]);
        for (std::size_t x = 0; x < stride; ++x) most[x] = std::max(most[x], l[x]);
        std::copy_n(&fixed[static_cast<std::size_t>(y) * size.width], size.width, known.row(y));
        luma.fill_margin(y, 0);
        known.fill_margin(y, -HUGE_VALF);  // light, whatever the quotients there
        if (in.inverted)
            for (int x = 0; x < size.width; ++x) l[x] = 255 - l[x];
    }
    const auto width = static_cast<std::size_t>(size.width);
    const float highest = *std::max_element(most.begin(), most.begin() + width);
    if (highest - *std::min_element(least.begin(), least.begin() + width) < tunables.least_contrast)
        return Status::contrast;

    const float* zeros = scratch.take<float>(stride, 0).data();
    const Plane mean(scratch, size, r), count(scratch, size, r), llr(scratch, size, r);
    std::copy(luma.data.begin(), luma.data.end(), mean.data.begin());
    blur(mean, other, r, zeros);
    const float *weight_x = weights(scratch, size.width, r), *weight_y = weights(scratch, size.height, r);
    for (int y = 0; y < size.height; ++y)
        for (std::size_t x = 0; x < stride; ++x) count.row(y)[x] = weight_x[x] * weight_y[y];
    for (std::size_t k = 0; k < all; ++k) llr.data[k] = mean.data[k] / count.data[k] - luma.data[k];

    const Plane is_dark(scratch, size, r), dark(scratch, size, r), dark_count(scratch, size, r),
        light(scratch, size, r);
    const float least_half = tunables.least_half_contrast, scale = static_cast<float>(tunables.llr_scale);
    const auto darkness = [&](std::size_t k) { return known.data[k] + llr.data[k] > 0 ? 1.0f : 0.0f; };
    bool changes = true;
    for (int round = 0; round < tunables.rounds && changes; ++round) {
        if (!context.budget.look()) return Status::budget;
        for (std::size_t k = 0; k < all; ++k) is_dark.data[k] = darkness(k);
        for (std::size_t k = 0; k < all; ++k) dark.data[k] = is_dark.data[k] * luma.data[k];
        std::copy(is_dark.data.begin(), is_dark.data.end(), dark_count.data.begin());
        blur(dark, other, r, zeros);
        blur(dark_count, other, r, zeros);
        // What is not dark is light. The counts are whole numbers; where one is none, so is the level.
        for (std::size_t k = 0; k < all; ++k)
            light.data[k] = (mean.data[k] - dark.data[k]) / (count.data[k] - dark_count.data[k]);
        for (std::size_t k = 0; k < all; ++k) light.data[k] = count.data[k] > dark_count.data[k] ? light.data[k] : 0;
        for (std::size_t k = 0; k < all; ++k) dark.data[k] /= dark_count.data[k];
        for (std::size_t k = 0; k < all; ++k) dark.data[k] = dark_count.data[k] > 0 ? dark.data[k] : 0;
        for (std::size_t k = 0; k < all; ++k) {
            const float b = dark.data[k], w = light.data[k], half = std::max((w - b) / 2, least_half);
            llr.data[k] = scale * std::clamp(((b + w) / 2 - luma.data[k]) / half, -1.5f, 1.5f);
        }
        std::uint32_t differ = 0;
        for (std::size_t k = 0; k < all; ++k) differ |= darkness(k) != is_dark.data[k];
        changes = differ != 0;
    }
    llr.copy(out.llr.data());
    dark.copy(lattice.black.data());
    light.copy(lattice.white.data());
    return Status::ok;
}

}  // namespace qrcore
