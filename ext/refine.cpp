#include "refine.hpp"

#include <algorithm>
#include <cmath>

#include "interpolate.hpp"
#include "mesh.hpp"
#include "resample.hpp"

namespace qrcore {
namespace {

constexpr int per_module = 4;  // the harmonic's phases are then 1, i, -1, -i
constexpr double pi = 3.14159265358979323846;

struct Plane {
    std::span<float> data;
    int width = 0, height = 0;

    Plane(Scratch& scratch, int w, int h)
        : data(scratch.take<float>(static_cast<std::size_t>(w) * h)), width(w), height(h) {}
    float* row(int y) const { return data.data() + static_cast<std::ptrdiff_t>(y) * width; }
};

// arctan(y / x) in all four quarters over 2 pi, to 1e-4: a polynomial on the first eighth (Abramowitz and Stegun
// 4.4.49), then reflections. In -0.5 .. 0.5.
double turn_of(double x, double y) {
    const double ax = std::fabs(x), ay = std::fabs(y);
    if (ax + ay < 1e-12) return 0;
    const double t = std::min(ax, ay) / std::max(ax, ay), s = t * t;
    double a = t * (0.9998660 + s * (-0.3302995 + s * (0.1801410 + s * (-0.0851330 + s * 0.0208351))));
    if (ay > ax) a = pi / 2 - a;
    if (x < 0) a = pi - a;
    return (y < 0 ? -a : a) / (2 * pi);
}

// (1 2 1) / 4 blurs, `passes` times both ways: sigma sqrt(passes / 2).
void blur(Plane p, int passes, Scratch& scratch) {
    Scratch::Frame frame(scratch);
    Plane q(scratch, p.width, p.height);
    for (int k = 0; k < passes; ++k) {
        for (int y = 0; y < p.height; ++y) {
            const float* in = p.row(y);
            float* out = q.row(y);
            for (int x = 0; x < p.width; ++x)
                out[x] = 0.25f * (in[std::max(x - 1, 0)] + 2 * in[x] + in[std::min(x + 1, p.width - 1)]);
        }
        for (int y = 0; y < p.height; ++y) {
            const float *a = q.row(std::max(y - 1, 0)), *b = q.row(y), *c = q.row(std::min(y + 1, p.height - 1));
            float* out = p.row(y);
            for (int x = 0; x < p.width; ++x) out[x] = 0.25f * (a[x] + 2 * b[x] + c[x]);
        }
    }
}

// For each module the first harmonic of the gradient (re, im), and the gradient's sum, for edges across one
// direction. A module's window is the module itself along the gradient and its middle half across.
void edge_phase(const Resampled& s, bool along_u, Plane re, Plane im, Plane sum) {
    const std::ptrdiff_t forward = along_u ? 1 : s.width, across = along_u ? s.width : 1;
    for (int y = 0; y < re.height; ++y)
        for (int x = 0; x < re.width; ++x) {
            const float* corner = s.row(per_module * (y + 1)) + per_module * (x + 1);
            float g[per_module] = {};
            for (int k = 0; k < per_module; ++k)
                for (int m = 1; m < per_module; ++m) {
                    const float* at = corner + k * forward + m * across;
                    g[k] += std::fabs(at[forward] - at[-forward]);
                }
            re.row(y)[x] = g[0] - g[2];
            im.row(y)[x] = g[1] - g[3];
            sum.row(y)[x] = g[0] + g[1] + g[2] + g[3];
        }
}

// The same of the distance of luminance from the mean around, which is greatest half a module from the edges.
void eye_phase(const Resampled& s, const Plane& mean, bool along_u, Plane re, Plane im, Plane sum) {
    const std::ptrdiff_t forward = along_u ? 1 : s.width, across = along_u ? s.width : 1;
    for (int y = 0; y < re.height; ++y)
        for (int x = 0; x < re.width; ++x) {
            const float* corner = s.row(per_module * (y + 1)) + per_module * (x + 1);
            const float level = mean.row(y)[x];
            float e[per_module] = {};
            for (int k = 0; k < per_module; ++k)
                for (int m = 1; m < per_module; ++m) {
                    const float* at = corner + k * forward + m * across;
                    e[k] += std::fabs(0.25f * (at[-forward] + 2 * at[0] + at[forward]) - level);
                }
            re.row(y)[x] = e[2] - e[0];
            im.row(y)[x] = e[3] - e[1];
            sum.row(y)[x] = e[0] + e[1] + e[2] + e[3];
        }
}

// Luminance averaged over each module, then over its surroundings.
void local_mean(const Resampled& s, int passes, Scratch& scratch, Plane out) {
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x) {
            float total = 0;
            for (int j = 0; j < per_module; ++j) {
                const float* at = s.row(per_module * (y + 1) + j) + per_module * (x + 1);
                for (int i = 0; i < per_module; ++i) total += at[i];
            }
            out.row(y)[x] = total / (per_module * per_module);
        }
    blur(out, passes, scratch);
}

// Distance in modules to the nearest fixed module, by which the grid of a symbol with one finder was held.
void distance_to_fixed(const Layout& layout, std::span<int> out) {
    const int w = layout.size.width, h = layout.size.height;
    const auto relax = [&](int x, int y, int dx, int dy) {
        if (x + dx < 0 || y + dy < 0 || x + dx >= w || y + dy >= h) return;
        int& here = out[static_cast<std::size_t>(y) * w + x];
        here = std::min(here, out[static_cast<std::size_t>(y + dy) * w + x + dx] + 1);
    };
    for (std::size_t k = 0; k < out.size(); ++k)
        out[k] = layout.role[k] == Role::dark || layout.role[k] == Role::light ? 0 : w + h;
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x)
            for (const int dx : {-1, 0, 1}) relax(x, y, dx, -1), relax(x, y, -1, 0);
    for (int y = h - 1; y >= 0; --y)
        for (int x = w - 1; x >= 0; --x)
            for (const int dx : {-1, 0, 1}) relax(x, y, dx, 1), relax(x, y, 1, 0);
}

// Distance in modules to the nearest place where the grid is right from the start: finders, timing patterns and the
// alignment patterns that were found.
int distance_to_known(const Grid& grid, int x, int y) {
    const Layout& layout = *grid.layout;
    const int timing = std::min(std::abs(x - 6), std::abs(y - 6));
    const int right = std::max(layout.size.width - 8 - x, y - 7), below = std::max(x - 7, layout.size.height - 8 - y);
    int nearest = std::max(0, std::min({timing, right, below}));
    for (const Anchor& a : grid.anchors)
        nearest = std::min(
            nearest, std::max(std::abs(x - static_cast<int>(a.module.x)), std::abs(y - static_cast<int>(a.module.y))));
    return nearest;
}

}  // namespace

Status refine(const RefineIn& in, const Tunables::Refine& tunables, Context& context, Grid& grid) {
    const Size size = grid.layout->size;
    Scratch::Frame frame(context.scratch);
    if (grid.nodes_x == 0) make_mesh(tunables.node_spacing, tunables.most_nodes, grid);
    const int level = level_for(in.pyramid, grid.module, tunables.pixels_a_module);
    Plane re(context.scratch, size.width, size.height), im(context.scratch, size.width, size.height);
    Plane sum(context.scratch, size.width, size.height), mean(context.scratch, size.width, size.height);
    auto observed = context.scratch.take<Displacement>(static_cast<std::size_t>(size.width) * size.height + 12 +
                                                       grid.anchors.size());
    Homography to_module;
    if (!grid.to_image.inverse(to_module)) return Status::grid;

    auto known = context.scratch.take<int>(static_cast<std::size_t>(size.width) * size.height);
    int farthest = 0;
    if (in.candidate.finders == 1) distance_to_fixed(*grid.layout, known);
    else
        for (int y = 0, k = 0; y < size.height && context.budget.look(); ++y)
            for (int x = 0; x < size.width; ++x, ++k) known[k] = distance_to_known(grid, x, y);
    if (context.budget.spent()) return Status::budget;
    for (const int distance : known) farthest = std::max(farthest, distance);
    const double stiffness = in.soft ? tunables.soft_stiffness : tunables.stiffness;
    const int growing = (farthest + tunables.growth - 1) / tunables.growth;
    for (int round = 0; round < growing + tunables.final_rounds; ++round) {
        if (!context.budget.spend(static_cast<std::uint32_t>(size.width * size.height / 8))) return Status::budget;
        Scratch::Frame inner(context.scratch);
        const Resampled straight = resample(in.pyramid, level, grid, per_module, 1, context);
        if (context.budget.spent()) return Status::budget;
        if (in.clue == Clue::eyes) local_mean(straight, tunables.mean_passes, context.scratch, mean);
        std::size_t n = 0;
        for (int y = 0; y < size.height; ++y)
            for (int x = 0; x < size.width; ++x) {
                const Point at{x + 0.5, y + 0.5};
                observed[n++] = {at, grid.displaced(at) - at, 0, 0};
            }
        const int reach = tunables.growth * (round + 1);
        for (const bool along_u : {true, false}) {
            if (!context.budget.spend(static_cast<std::uint32_t>(size.width * size.height / 8))) return Status::budget;
            if (in.clue == Clue::edges) edge_phase(straight, along_u, re, im, sum);
            else eye_phase(straight, mean, along_u, re, im, sum);
            // What lies beyond must not leak in.
            for (Plane p : {re, im, sum})
                for (std::size_t k = 0; k < p.data.size(); ++k)
                    if (known[k] > reach) p.data[k] = 0;
            for (Plane p : {re, im, sum}) {
                if (!context.budget.look()) return Status::budget;
                blur(p, tunables.blur_passes, context.scratch);
            }
            double typical = 0;
            for (const float v : sum.data) typical += v;
            typical /= static_cast<double>(sum.data.size());
            for (int y = 0, k = 0; y < size.height; ++y)
                for (int x = 0; x < size.width; ++x, ++k) {
                    if (known[k] > reach) continue;
                    const double a = re.data[k], b = im.data[k];
                    const double coherence = std::sqrt(a * a + b * b) / (sum.data[k] + tunables.quiet * typical + 1e-6);
                    const double offset = turn_of(a, b);
                    Displacement& d = observed[k];
                    (along_u ? d.value.x : d.value.y) += offset;
                    double weight = coherence * coherence;
                    if (std::fabs(offset) > tunables.doubtful_offset) weight *= 0.1;
                    (along_u ? d.weight_u : d.weight_v) = weight;
                }
        }
        const Finder* f = in.candidate.finder;
        const double w = size.width - 3.5, h = size.height - 3.5;
        const Point centre[3] = {{3.5, 3.5}, {w, 3.5}, {3.5, h}};
        for (int k = 0; k < 3; ++k)
            for (const double v : {-3.5, 3.5})
                for (const double u : {-3.5, 3.5}) {
                    if (in.candidate.index[k] < 0) continue;
                    const Point at = centre[k] + Point{u, v};
                    const double weight = tunables.finder_weight * f[k].ncc * f[k].ncc;
                    observed[n++] = {at, to_module(f[k].at(u, v)) - at, weight, weight};
                }
        for (const Anchor& a : grid.anchors) {
            const double weight = tunables.anchor_weight * a.ncc * a.ncc;
            observed[n++] = {a.module, to_module(a.image) - a.module, weight, weight};
        }
        if (!fit_mesh(observed.first(n), stiffness, context, grid))
            return context.budget.spent() ? Status::budget : Status::grid;
    }
    return Status::ok;
}

}  // namespace qrcore
