#include "pairs.hpp"

#include <algorithm>
#include <cmath>

#include "trace.hpp"

namespace qrcore {
namespace {

struct Pair {
    const Finder *a, *b;
    double ncc;
};

// Module offsets of the vector w in the frame of f.
Point in_frame(const Finder& f, Point w) {
    const double area = cross(f.u, f.v);
    return {cross(w, f.v) / area, cross(f.u, w) / area};
}

bool along_axis(Point p, double slope) {
    const double x = std::fabs(p.x), y = std::fabs(p.y);
    return std::min(x, y) < slope * std::max(x, y);
}

bool along_diagonal(Point p, double slope) { return along_axis({p.x + p.y, p.x - p.y}, slope); }

// Seeds on a square of places a module apart around `centre`, with the mean frame of the pair.
void add_seeds(const Pair& pair, Point centre, int reach, std::vector<Seed>& out) {
    // The axes of b that go with those of a.
    Point u = pair.b->u, v = pair.b->v;
    if (std::fabs(dot(u, pair.a->u)) < std::fabs(dot(v, pair.a->u))) std::swap(u, v);
    if (dot(u, pair.a->u) < 0) u = -1 * u;
    if (dot(v, pair.a->v) < 0) v = -1 * v;
    u = 0.5 * (u + pair.a->u);
    v = 0.5 * (v + pair.a->v);
    for (int j = -reach; j <= reach; ++j)
        for (int i = -reach; i <= reach; ++i) {
            Seed seed{centre + static_cast<double>(i) * u + static_cast<double>(j) * v, u, v};
            seed.inverted = pair.a->inverted;
            seed.implied = true;
            out.push_back(seed);
        }
}

}  // namespace

Status imply_finders(const PairsIn& in, const Tunables::Pairs& tunables, Context& context, std::vector<Seed>& out) {
    Scratch::Frame frame(context.scratch);
    const auto most = static_cast<std::size_t>(tunables.most_pairs);
    auto pairs = context.scratch.take<Pair>(most);
    std::size_t n = 0;
    for (std::size_t i = 0; i < in.finders.size(); ++i) {
        if (!context.budget.spend(static_cast<std::uint32_t>(i / 64 + 1))) return Status::budget;
        for (std::size_t j = 0; j < i; ++j) {
            const Finder &a = in.finders[i], &b = in.finders[j];
            if (a.used || b.used || a.inverted != b.inverted || std::min(a.ncc, b.ncc) < tunables.least_ncc) continue;
            if (std::max(a.module(), b.module()) > tunables.most_size_ratio * std::min(a.module(), b.module()))
                continue;
            const Point w = b.centre - a.centre, from_a = in_frame(a, w), from_b = in_frame(b, w);
            const double modules = std::sqrt(length(from_a) * length(from_b));
            if (modules < tunables.least_modules || modules > tunables.most_modules) continue;
            const bool axis = along_axis(from_a, tunables.most_slope) && along_axis(from_b, tunables.most_slope);
            const bool diagonal =
                along_diagonal(from_a, tunables.most_slope) && along_diagonal(from_b, tunables.most_slope);
            if (!axis && !diagonal) continue;
            const Pair pair{&a, &b, static_cast<double>(a.ncc) + b.ncc};
            if (n == most && pairs[n - 1].ncc >= pair.ncc) continue;
            std::size_t at = n < most ? n++ : n - 1;
            for (; at > 0 && pairs[at - 1].ncc < pair.ncc; --at) pairs[at] = pairs[at - 1];
            pairs[at] = pair;
        }
    }
    for (const Pair& pair : pairs.first(n)) {
        if (!context.budget.spend(8)) return Status::budget;
        const Point a = pair.a->centre, w = pair.b->centre - a;
        // In the plane of the frames, where the symbol is a square: half the sum and half the difference of w and
        // its quarter turn lead from a to the third corner of a diagonal, the turn itself to that of a side.
        const Point from = in_frame(*pair.a, w);
        const Point turned = -from.y * pair.a->u + from.x * pair.a->v;
        if (along_diagonal(from, tunables.most_slope)) {
            add_seeds(pair, a + 0.5 * (w + turned), tunables.reach, out);
            add_seeds(pair, a + 0.5 * (w - turned), tunables.reach, out);
        } else {
            for (const Point side : {turned, -1 * turned}) {
                add_seeds(pair, a + side, tunables.reach, out);
                add_seeds(pair, a + w + side, tunables.reach, out);
            }
        }
    }
    return Status::ok;
}

}  // namespace qrcore
