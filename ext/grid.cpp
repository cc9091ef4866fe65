#include "grid.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "hold.hpp"
#include "interpolate.hpp"
#include "mesh.hpp"
#include "trace.hpp"

namespace qrcore {
namespace {

// Pairs of places: in the symbol and in the picture.
class Pairs {
public:
    Pairs(Scratch& scratch, std::size_t room)
        : module_(scratch.take<Point>(room)), image_(scratch.take<Point>(room)), weight_(scratch.take<double>(room)) {}

    void add(Point module, Point image, double weight) {
        module_[n_] = module;
        image_[n_] = image;
        weight_[n_++] = weight;
    }
    bool fit(Homography& h) const { return fit_homography(modules(), images(), weight_.first(n_), h); }
    std::span<const Point> modules() const { return module_.first(n_); }
    std::span<const Point> images() const { return image_.first(n_); }
    double weight(std::size_t k) const { return weight_[k]; }
    std::size_t size() const { return n_; }

private:
    std::span<Point> module_, image_;
    std::span<double> weight_;
    std::size_t n_ = 0;
};

void add_finder(const Finder& f, double x, double y, double weight, Pairs& pairs) {
    for (const double v : {-3.5, 3.5})
        for (const double u : {-3.5, 3.5}) pairs.add({x + u, y + v}, f.at(u, v), weight);
}

// The plane through three finder positions alone, turned into a projective one by the implied fourth corner.
bool fit_outline(const Candidate& c, Size size, Homography& h) {
    const double w = size.width, l = size.height;
    const std::array<Point, 4> from{Point{0, 0}, Point{w, 0}, Point{w, l}, Point{0, l}};
    const std::array<double, 4> weight{1, 1, 1, 1};
    return fit_homography(from, c.outline, weight, h);
}

// Whether the whole symbol lies before the camera, seen from the side that is printed, or from either where `any_turn`.
bool sane(const Homography& h, Size size, double least_depth, bool any_turn = false) {
    const double w = size.width, l = size.height;
    for (const Point p : {Point{0, 0}, Point{w, 0}, Point{w, l}, Point{0, l}})
        if (h.m[6] * p.x + h.m[7] * p.y + h.m[8] <= least_depth * h.m[8]) return false;
    const Quad q{h({0, 0}), h({w, 0}), h({w, l}), h({0, l})};
    return is_convex(q) && (any_turn || doubled_area(q) > 0);
}

// The alignment pattern: 5 x 5 modules, dark -1, light +1.
constexpr int pattern_value(int x, int y) {
    const int ring = std::max(x < 0 ? -x : x, y < 0 ? -y : y);
    return ring == 1 ? 1 : -1;
}

// Where the pattern lies to a fraction of a module, by Gauss-Newton over the translation at two samples a module (the
// peak of a correlation at module centres is flat in sharp pictures). In modules, from `centre`.
Point settle_alignment(const ImageView& image, double scale, Point centre, Point du, Point dv,
                       const Tunables::Grid& tunables) {
    constexpr int side = 10, wide = side + 2;
    constexpr std::size_t samples = wide * wide;
    constexpr double mean = (8.0 - 17.0) / 25.0, square = 100 * (1 - mean * mean);
    Point moved{0, 0};
    for (int round = 0; round < 3; ++round) {
        std::array<float, samples> x, y, luma;
        for (int j = 0, k = 0; j < wide; ++j)
            for (int i = 0; i < wide; ++i, ++k) {
                const double u = 0.5 * i - 2.75 + moved.x, v = 0.5 * j - 2.75 + moved.y;
                const Point p = centre + u * du + v * dv;
                x[static_cast<std::size_t>(k)] = static_cast<float>(p.x * scale);
                y[static_cast<std::size_t>(k)] = static_cast<float>(p.y * scale);
            }
        bilinear(image, x, y, luma.data());
        double sum = 0, product = 0, uu = 0, uv = 0, vv = 0, ur = 0, vr = 0;
        const auto value = [&](int i, int j) { return pattern_value(i / 2 - 2, j / 2 - 2) - mean; };
        const auto at = [&](int i, int j) -> double { return luma[static_cast<std::size_t>((j + 1) * wide + i + 1)]; };
        for (int j = 0; j < side; ++j)
            for (int i = 0; i < side; ++i) {
                sum += at(i, j);
                product += at(i, j) * value(i, j);
            }
        const double gain = product / square, level = sum / (side * side);
        for (int j = 0; j < side; ++j)
            for (int i = 0; i < side; ++i) {
                const double gu = at(i + 1, j) - at(i - 1, j), gv = at(i, j + 1) - at(i, j - 1);  // a module apart
                const double r = gain * value(i, j) + level - at(i, j);
                uu += gu * gu, uv += gu * gv, vv += gv * gv, ur += gu * r, vr += gv * r;
            }
        const double determinant = uu * vv - uv * uv;
        if (!(determinant > 1e-6 * uu * vv)) break;
        const Point step{std::clamp((vv * ur - uv * vr) / determinant, -0.25, 0.25),
                         std::clamp((uu * vr - uv * ur) / determinant, -0.25, 0.25)};
        moved = moved + step;
        if (std::max(std::fabs(step.x), std::fabs(step.y)) < tunables.settled) break;
    }
    // Further off than the next half step would have been: the pattern is not what was matched.
    return std::max(std::fabs(moved.x), std::fabs(moved.y)) < tunables.most_settling ? moved : Point{0, 0};
}

struct Match {
    Point offset;  // modules
    double ncc = 0;
};

// A place in the picture and half a module from there along both axes of the grid, in pixels of level 0.
struct Place {
    Point centre, du, dv;
};

// The best correlation at half-module steps up to `reach` modules around a place.
Match match_alignment(const ImageView& image, double scale, const Place& place, double reach, double sign,
                      double distance_penalty, Scratch& scratch) {
    Scratch::Frame frame(scratch);
    const int steps = static_cast<int>(2 * reach), middle = steps + 4;  // 2 modules of pattern on each side
    const int side = 2 * middle + 1;
    const auto samples = static_cast<std::size_t>(side) * side;
    auto x = scratch.take<float>(samples), y = scratch.take<float>(samples), patch = scratch.take<float>(samples);
    for (int j = 0, k = 0; j < side; ++j)
        for (int i = 0; i < side; ++i, ++k) {
            const Point p = place.centre + (i - middle) * place.du + (j - middle) * place.dv;
            x[k] = static_cast<float>(p.x * scale);
            y[k] = static_cast<float>(p.y * scale);
        }
    bilinear(image, x, y, patch.data());
    // Mean of the template: 16 + 1 dark and 8 light of 25.
    constexpr double mean = (8.0 - 17.0) / 25.0, square = 25.0 - 25.0 * mean * mean;
    const auto correlation = [&](int ox, int oy) {
        double m = 0, mm = 0, mt = 0;
        for (int v = -2; v <= 2; ++v)
            for (int u = -2; u <= 2; ++u) {
                const double l = patch[static_cast<std::size_t>(middle + oy + 2 * v) * side + (middle + ox + 2 * u)];
                m += l;
                mm += l * l;
                mt += l * (pattern_value(u, v) - mean);
            }
        const double variance = mm - m * m / 25;
        return variance > 25 ? sign * mt / std::sqrt(variance * square) : 0.0;
    };
    Match best;
    double best_value = -1;
    for (int oy = -steps; oy <= steps; ++oy)
        for (int ox = -steps; ox <= steps; ++ox) {
            const double ncc = correlation(ox, oy);
            // Nearer is likelier: a data module pattern far off must be clearly better.
            const double value = ncc - distance_penalty * (ox * ox + oy * oy);
            if (value > best_value) best_value = value, best = {{0.5 * ox, 0.5 * oy}, ncc};
        }
    return best;
}

// Looks for the alignment pattern up to `reach` modules around module coordinates `at`: where it should be, and farther
// off if it is not clear there.
Match find_alignment(const Pyramid& pyramid, const Grid& grid, Point at, double reach, double sign,
                     const Tunables::Grid& tunables, Scratch& scratch) {
    const int level = level_for(pyramid, grid.module, tunables.pixels_a_module);
    const double scale = 1.0 / (1 << level);
    const ImageView& image = pyramid.level[level];
    // The grid is linear enough over a few modules: its own differences at the place.
    const Point o = grid(at), du = 0.5 * (grid({at.x + 1, at.y}) - grid({at.x - 1, at.y}));
    const Point dv = 0.5 * (grid({at.x, at.y + 1}) - grid({at.x, at.y - 1}));
    const Place place{o, 0.5 * du, 0.5 * dv};
    const double penalty = tunables.distance_penalty / (4.0 * reach * reach);
    Match best = match_alignment(image, scale, place, tunables.reach_clear, sign, penalty, scratch);
    if (best.ncc < tunables.clear_alignment) best = match_alignment(image, scale, place, reach, sign, penalty, scratch);
    const Point near = o + best.offset.x * du + best.offset.y * dv;
    best.offset = best.offset + settle_alignment(image, scale, near, du, dv, tunables);
    return best;
}

// What the homography leaves over at the pairs becomes displacement.
bool bend_to(const Pairs& pairs, double stiffness, Context& context, Grid& grid) {
    Homography to_module;
    if (!grid.to_image.inverse(to_module)) return false;
    Scratch::Frame frame(context.scratch);
    auto observed = context.scratch.take<Displacement>(pairs.size());
    for (std::size_t k = 0; k < pairs.size(); ++k) {
        const Point p = pairs.modules()[k];
        observed[k] = {p, to_module(pairs.images()[k]) - p, pairs.weight(k), pairs.weight(k)};
    }
    return fit_mesh(observed, stiffness, context, grid);
}

// The grid of a symbol with one finder.
Status hold_grid(const GridIn& in, const Tunables::Grid& tunables, Context& context, Grid& out) {
    const Size size = in.layout.size;
    out.to_image = plane_of(in.candidate);
    if (const Status s = hold(in.pyramid, in.layout, tunables, context, out.to_image); s != Status::ok) return s;
    if (!sane(out.to_image, size, tunables.least_depth, true)) return Status::grid;
    out.module = std::sqrt(std::fabs(doubled_area(out.outline())) / 2 / (size.width * size.height));
    return out.module > 0.5 ? Status::ok : Status::grid;
}

}  // namespace

Status make_grid(const GridIn& in, const Tunables::Grid& tunables, Context& context, Grid& out) {
    const Size size = in.layout.size;
    const Candidate& c = in.candidate;
    out.layout = &in.layout;
    out.nodes_x = out.nodes_y = 0;
    out.anchors.clear();
    if (c.finders == 1) return hold_grid(in, tunables, context, out);
    Scratch::Frame frame(context.scratch);
    Pairs pairs(context.scratch, 12 + in.layout.alignment.size());
    add_finder(c.finder[0], 3.5, 3.5, tunables.finder_weight, pairs);
    add_finder(c.finder[1], size.width - 3.5, 3.5, tunables.finder_weight, pairs);
    add_finder(c.finder[2], 3.5, size.height - 3.5, tunables.finder_weight, pairs);
    if (!pairs.fit(out.to_image) || !sane(out.to_image, size, tunables.least_depth))
        if (!fit_outline(c, size, out.to_image) || !sane(out.to_image, size, tunables.least_depth)) return Status::grid;
    const auto measure = [&] {
        const Quad q = out.outline();
        out.module = std::sqrt(std::fabs(doubled_area(q)) / 2 / (size.width * size.height));
    };
    measure();

    // Patterns in waves from the finders outwards, the grid fitted again after each.
    const double sign = c.inverted ? -1 : 1;
    const std::size_t expected = in.alignment ? in.layout.alignment.size() : 0;
    const bool many = expected > 1;
    const auto wave = [&](const ModuleAt& a) { return a.x + a.y; };
    auto patterns = context.scratch.take<ModuleAt>(expected);
    std::copy_n(in.layout.alignment.begin(), expected, patterns.begin());
    std::sort(patterns.begin(), patterns.end(),
              [&](const ModuleAt& a, const ModuleAt& b) { return wave(a) != wave(b) ? wave(a) < wave(b) : a.x < b.x; });
    if (many) make_mesh(tunables.node_spacing, tunables.most_nodes, out);
    for (std::size_t k = 0; k < patterns.size();) {
        const int now = wave(patterns[k]);
        bool found = false;
        for (; k < patterns.size() && wave(patterns[k]) == now; ++k) {
            if (!context.budget.spend(16)) return Status::budget;
            const Point at{patterns[k].x + 0.5, patterns[k].y + 0.5};
            const double reach = many ? tunables.reach_many : tunables.reach_single;
            const Match m = find_alignment(in.pyramid, out, at, reach, sign, tunables, context.scratch);
            if (m.ncc < tunables.least_alignment) {
                if (context.trace) context.trace->reject("grid", "alignment pattern not seen");
                continue;
            }
            out.anchors.push_back({at, out(at + m.offset), m.ncc});
            pairs.add(at, out.anchors.back().image, tunables.alignment_weight * m.ncc);
            found = true;
        }
        if (!found) continue;
        Homography h;
        if (pairs.fit(h) && sane(h, size, tunables.least_depth)) out.to_image = h;
        if (many && !bend_to(pairs, tunables.stiffness, context, out))
            return context.budget.spent() ? Status::budget : Status::grid;
        measure();
    }
    return out.module > 0.5 && doubled_area(out.outline()) > 0 ? Status::ok : Status::grid;
}

}  // namespace qrcore
