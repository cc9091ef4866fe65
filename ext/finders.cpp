#include "finders.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "simd/clones.hpp"
#include "simd/kernels.hpp"
#include "trace.hpp"

namespace qrcore {
namespace {

// Where the colour changes along a row: even edges begin dark runs, odd ones light runs. The row is taken to
// stand on light ground, as does what is outside the range of words, and `width` closes it twice, so that every run has
// an end.
QRCORE_CLONES int row_edges(const std::uint64_t* words, Detail::Range range, int width, int* edges) {
    int n = 0;
    std::uint64_t before = 0;
    for (int k = range.begin, x = 64 * k; k < range.end; ++k, x += 64) {
        const std::uint64_t word = words[k];
        std::uint64_t changes = word ^ (word << 1 | before);
        before = word >> 63;
        // By fours, since how many there are is hard to foretell.
        int* at = edges + n;
        n += std::popcount(changes);
        for (; changes; at += 4)
            for (int l = 0; l < 4; ++l, changes &= changes - 1) at[l] = x + std::countr_zero(changes);
    }
    if (before && 64 * range.end < width) edges[n++] = 64 * range.end;
    while (n > 0 && edges[n - 1] >= width) --n;  // the padding of the last word is light
    edges[n] = edges[n + 1] = width;
    return n;
}

// ---- Run lengths -------------------------------------------------------------------------------------------

// Five runs in the proportion 1:1:3:1:1, each within `tolerance` / 256 of its share of the whole and half a pixel.
inline bool finder_runs(const int* run, int tolerance) {
    const int whole = run[0] + run[1] + run[2] + run[3] + run[4], slack = tolerance * whole + 7 * 128;
    const auto off = [&](int pixels, int share) {
        return std::abs(256 * (7 * pixels - share * whole)) > share * slack;
    };
    return whole >= 7 && !off(run[2], 3) && !off(run[1], 1) && !off(run[3], 1) && !off(run[0], 1) && !off(run[4], 1);
}

// The five runs through (x, y) down a column. False where the picture ends, the core is longer than `longest` or not
// the longest run.
bool column_runs(const BitmapView& bits, int x, int y, bool dark, int longest, int* run, int& top) {
    const std::uint64_t* column = bits.data + (x >> 6);
    const int bit = x & 63;
    // Rows of this colour from `row` on, going up (-1) or down (1); one more than `most` where there are that many.
    const auto length_from = [&](int row, int step, std::uint64_t colour, int most) {
        const int rows = std::min(most + 1, step < 0 ? row + 1 : bits.height - row);
        const std::uint64_t* word = column + static_cast<std::ptrdiff_t>(row) * bits.stride;
        int n = 0;
        for (; n < rows && (*word >> bit & 1) == colour; ++n) word += step * static_cast<std::ptrdiff_t>(bits.stride);
        return n;
    };
    const std::uint64_t own = dark, other = !dark;
    const int above = length_from(y, -1, own, longest);
    if (above > longest) return false;
    const int below = length_from(y, 1, own, longest);
    if (below > longest) return false;
    run[2] = above + below - 1;
    const int upper = y - above, lower = y + below;  // rows beside the core
    run[1] = upper < 0 ? 0 : length_from(upper, -1, other, run[2]);
    if (run[1] == 0 || run[1] > run[2]) return false;
    run[3] = lower == bits.height ? 0 : length_from(lower, 1, other, run[2]);
    if (run[3] == 0 || run[3] > run[2]) return false;
    if (upper - run[1] < 0 || lower + run[3] == bits.height) return false;
    run[0] = length_from(upper - run[1], -1, own, 2 * run[2]);
    run[4] = length_from(lower + run[3], 1, own, 2 * run[2]);
    top = upper - run[1] - run[0] + 1;
    return run[0] <= 2 * run[2] && run[4] <= 2 * run[2];
}

// Seeds of one bitmap, so that the rows of one pattern give one seed: the latest of each column bin.
class RecentSeeds {
public:
    RecentSeeds(Scratch& scratch, int width)
        : latest_(scratch.take<Place>(static_cast<std::size_t>(width / bin + 2), Place{0, 0, -1})) {}

    bool near(Point p) const {
        const int b = static_cast<int>(p.x) / bin;
        for (int k = std::max(b - 1, 0); k <= b + 1; ++k) {
            const Place& seed = latest_[static_cast<std::size_t>(k)];
            if (std::fabs(seed.y - p.y) < seed.reach && std::fabs(seed.x - p.x) < seed.reach) return true;
        }
        return false;
    }
    // A seed whose centre was passed through at p.
    void add(Point p, Point centre, double smaller_module) {
        latest_[static_cast<std::size_t>(p.x) / bin] = {centre.x, centre.y, 1.5 * smaller_module};
    }

private:
    struct Place {
        double x, y, reach;  // pixels of this level
    };
    static constexpr int bin = 32;
    std::span<Place> latest_;
};

// Looks at every core of one colour along a row: edges[first], edges[first + 2], ... begin the cores. edges[-1] is 0,
// where a light pattern may begin.
void scan_row(const BitmapView& bits, int y, const int* edges, int n, bool dark, const RunTest& test, double scale,
              const Kernels& kernels, std::span<int> hits, RecentSeeds& recent, std::vector<Seed>& out) {
    const int first = dark ? 2 : 1, all = std::max((n - first) / 2, 0);
    const std::size_t found = kernels.cores(edges + first, static_cast<std::size_t>(all), test, hits.data());
    for (const int hit_core : hits.first(found)) {
        const int k = first + 2 * hit_core;
        const double whole = edges[k + 3] - edges[k - 2];
        const Point hit{(edges[k] + edges[k + 1]) / 2.0, y + 0.5};
        if (recent.near(hit)) continue;
        int column[5], top = 0;
        const int x = (edges[k] + edges[k + 1]) / 2;
        if (!column_runs(bits, x, y, dark, static_cast<int>(2 * whole), column, top)) continue;
        if (!finder_runs(column, test.tolerance)) continue;
        const Point centre{hit.x, top + column[0] + column[1] + column[2] / 2.0};
        const double height = column[0] + column[1] + column[2] + column[3] + column[4];
        recent.add(hit, centre, std::min(whole, height) / 7);
        out.push_back({scale * centre, {scale * whole / 7, 0}, {0, scale * height / 7}, true, !dark});
    }
}

// ---- Rings -------------------------------------------------------------------------------------------------

struct Moments {
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
};

struct Covariance {
    double xx, xy, yy;

    explicit Covariance(const Moments& m)
        : xx(m.xx / m.n - m.x / m.n * (m.x / m.n)),
          xy(m.xy / m.n - m.x / m.n * (m.y / m.n)),
          yy(m.yy / m.n - m.y / m.n * (m.y / m.n) + 1.0 / 12) {}
    double determinant() const { return xx * yy - xy * xy; }
};

// A connected area of one colour. Labelling counts its pixels; what they add up to is worked out for those few that may
// be rings, from their outlines.
struct Component {
    Component* root;   // union-find: one that is not younger
    Component* outer;  // the component left of its first run, which encloses it; none for the picture's edge
    Component* child;  // the largest component that it encloses
    int x, y;          // where its first run begins
    int pixels;        // its own, in the end with all that it encloses
    int children;      // pixels of all that it encloses
};

Component* find(Component* c) {
    while (c->root != c) c = c->root = c->root->root;
    return c;
}

bool is_older(const Component& a, const Component& b) { return a.y != b.y ? a.y < b.y : a.x < b.x; }

Component* join(Component* a, Component* b) {
    b = find(b);
    if (a == b) return a;
    if (is_older(*b, *a)) std::swap(a, b);
    b->root = a;
    a->pixels += b->pixels;
    return a;
}

// Components that keep their place: chunks of scratch memory, taken as they are needed.
class Components {
public:
    Components(Scratch& scratch, std::size_t pixels)
        : scratch_(scratch), chunks_(scratch.take<Component*>(pixels / chunk + 2)) {}

    Component* make(Component* outer, int x, int y) {
        if (size_ % chunk == 0) chunks_[size_ / chunk] = scratch_.take<Component>(chunk).data();
        Component& c = (*this)[size_++];
        c = {&c, outer, nullptr, x, y, 0, 0};
        return &c;
    }
    Component& operator[](std::size_t i) { return chunks_[i / chunk][i % chunk]; }  // by age
    std::size_t size() const { return size_; }

private:
    static constexpr std::size_t chunk = 1024;
    Scratch& scratch_;
    std::span<Component*> chunks_;
    std::size_t size_ = 0;
};

// Labels the runs of a row against those of the row above. Run i lies between edge[i - 1] and edge[i], with
// edge[-1] = 0; even runs are light, 4-connected; odd ones dark, 8-connected.
void label_row(const int* edge, int runs, Component** label, const int* above_edge, int above_runs,
               Component* const* above_label, int y, Components& components) {
    int above[2] = {0, 1};  // the next run above, of each colour
    for (int i = 0, from = 0; i < runs; ++i) {
        const int to = edge[i], reach = i & 1;
        if (to == from) {  // only the first run, where the row begins dark
            label[i] = nullptr;
            continue;
        }
        int k = above[reach];
        while (k < above_runs && above_edge[k] + reach <= from) k += 2;
        above[reach] = k;
        Component* mine = nullptr;
        for (; k < above_runs && above_edge[k - 1] < to + reach; k += 2)
            if (Component* theirs = above_label[k]) mine = mine ? join(mine, theirs) : find(theirs);
        if (!mine) mine = components.make(i ? label[i - 1] : nullptr, from, y);
        mine->pixels += to - from;
        label[i] = mine;
        from = to;
    }
}

// Moments of a component with all that it encloses, about `origin`, from a walk along the edges of its pixels (Green's
// theorem): down an edge what lies left of it is added, up an edge taken away again. False where the budget ends it, or
// the walk does not close as it does around the component that was labelled.
bool outline_moments(const BitmapView& bits, const Component& c, Point origin, Budget& budget, Moments& out) {
    const bool dark = bits.get(c.x, c.y);
    const auto inside = [&](int x, int y) {
        return x >= 0 && y >= 0 && x < bits.width && y < bits.height && bits.get(x, y) == dark;
    };
    // From the upper left corner of the first run to the right; the component is on the right hand.
    int x = c.x, y = c.y, dx = 1, dy = 0;
    const std::int64_t most = 4 * static_cast<std::int64_t>(c.pixels);
    std::int64_t steps = 0;
    do {
        if (dy != 0) {
            const double to = x - origin.x, height = std::min(y, y + dy) + 0.5 - origin.y, area = dy * to;
            out.n += area;
            out.x += area * to / 2;
            out.y += area * height;
            out.xx += area * to * to / 3;
            out.xy += area * to / 2 * height;
            out.yy += area * height * height;
        }
        x += dx, y += dy;
        // The pixels ahead, to the left and to the right of the way.
        const int left_x = x + (dx + dy - 1) / 2, left_y = y + (dy - dx - 1) / 2;
        const int right_x = x + (dx - dy - 1) / 2, right_y = y + (dy + dx - 1) / 2;
        const bool left = inside(left_x, left_y), right = inside(right_x, right_y);
        if (left && (right || dark)) std::swap(dx, dy), dy = -dy;  // dark pixels that touch at corners belong together
        else if (!right) std::swap(dx, dy), dx = -dx;
        if (++steps > most || (steps % 64 == 0 && !budget.spend(1))) return false;
    } while (x != c.x || y != c.y || dx != 1 || dy != 0);
    return true;
}

// The frame of a square of 5 x 5 modules with this covariance, up to a turn: the symmetric square root.
void square_root_frame(const Covariance& c, Point& u, Point& v) {
    const double s = std::sqrt(std::max(c.determinant(), 0.0)), t = std::sqrt(c.xx + c.yy + 2 * s);
    const double k = std::sqrt(12.0) / 5 / t;
    u = {k * (c.xx + s), k * c.xy};
    v = {k * c.xy, k * (c.yy + s)};
}

// Whether the areas may be those of a ring, filled, and of its core.
bool may_be_ring(const Component& ring, const Component& core, const Tunables::Finders& t) {
    const double ratio = static_cast<double>(ring.pixels) / core.pixels;
    return ratio >= t.least_ring_ratio && ratio <= t.most_ring_ratio &&
           core.pixels >= t.least_core_share * ring.children;
}

bool is_ring(const Moments& ring, const Moments& core, const Tunables::Finders& t) {
    const Covariance f(ring), a(core);
    const double det_f = f.determinant(), det_a = a.determinant();
    if (det_f <= 0 || det_a <= 0) return false;
    if (ring.n * ring.n < t.least_ring_fill * det_f) return false;
    if (core.n * core.n < t.least_core_fill * det_a) return false;
    const double dx = ring.x / ring.n - core.x / core.n;
    const double dy = ring.y / ring.n - core.y / core.n;
    if ((f.yy * dx * dx - 2 * f.xy * dx * dy + f.xx * dy * dy) / det_f > t.most_ring_offset) return false;
    const double trace = (a.yy * f.xx - 2 * a.xy * f.xy + a.xx * f.yy) / det_a;
    return trace / 2 < t.most_ring_skew * std::sqrt(det_f / det_a);
}

void find_rings(Components& components, double scale, bool inverted, double least_pixels,
                const Tunables::Finders& tunables, const BitmapView& bits, std::vector<Seed>& out, Budget& budget,
                Trace* trace) {
    std::uint64_t rejected = 0;
    for (std::size_t i = components.size(); i-- > 0;) {  // what a component encloses is younger
        Component& c = components[i];
        if (i % 1024 == 0 && !budget.look()) return;
        if (c.root != &c) continue;
        if (c.outer) {
            Component& o = *find(c.outer);
            o.pixels += c.pixels;
            o.children += c.pixels;
            if (!o.child || o.child->pixels < c.pixels) o.child = &c;
        }
        if (!c.child || c.pixels < least_pixels) continue;
        const Point origin{static_cast<double>(c.x), static_cast<double>(c.y)};
        Moments ring, core;
        if (!may_be_ring(c, *c.child, tunables) || !outline_moments(bits, *c.child, origin, budget, core) ||
            !outline_moments(bits, c, origin, budget, ring) || !is_ring(ring, core, tunables)) {
            ++rejected;
            continue;
        }
        const Point centre = origin + Point{core.x / core.n, core.y / core.n};
        const int x = std::clamp(static_cast<int>(centre.x), 0, bits.width - 1);
        const int y = std::clamp(static_cast<int>(centre.y), 0, bits.height - 1);
        const bool light_core = !bits.get(x, y);
        if (light_core && !inverted) continue;
        Seed seed;
        square_root_frame(Covariance(ring), seed.u, seed.v);
        seed.centre = scale * centre;
        seed.u = scale * seed.u;
        seed.v = scale * seed.v;
        seed.inverted = light_core;
        out.push_back(seed);
    }
    if (trace) trace->reject("finders", "ring proportions", rejected);
}

}  // namespace

// Of every eighth row. (For any x86-64, gcc calls a function to count bits; for AVX2 it does not.)
QRCORE_CLONES double runs_a_pixel(const BitmapView& bits) {
    std::int64_t runs = 0, pixels = 1;
    for (int y = 4; y < bits.height; y += 8) {
        for (const std::uint64_t *word = bits.row(y), *end = word + bits.stride; word != end; ++word)
            runs += std::popcount(*word ^ (*word << 1));
        pixels += bits.width;
    }
    return static_cast<double>(runs) / static_cast<double>(pixels);
}

Status find_finders(const FindersIn& in, const Tunables::Finders& tunables, Context& context, std::vector<Seed>& out) {
    const BitmapView& bits = in.binary.bits;
    const double scale = 1 << in.binary.level;
    Scratch::Frame frame(context.scratch);
    const auto room = static_cast<std::size_t>(bits.width) + 5 + 16;  // the kernel reads so many more
    // Two rows of edges and labels; a row of n edges has n + 1 runs, the last one ending at the width. What stands
    // before the edges is where the first run begins.
    std::span<int> edges[2] = {context.scratch.take<int>(room), context.scratch.take<int>(room)};
    std::span<Component*> labels[2] = {context.scratch.take<Component*>(room), context.scratch.take<Component*>(room)};
    const auto hits = context.scratch.take<int>(room);
    RecentSeeds recent(context.scratch, bits.width);
    Components components(context.scratch, static_cast<std::size_t>(bits.width) * bits.height);
    int above_runs = 0;
    const bool scan = in.scan > 0;
    const bool wide = bits.width >= tunables.least_wide;
    const int most_edges = wide ? static_cast<int>(tunables.most_edges * bits.width) : bits.width;
    const int least_whole = std::max(static_cast<int>(7 * in.least_module), 7);
    const int least_in_noise = static_cast<int>(7 * in.least_in_noise);
    const int tolerance = static_cast<int>(256 * in.scan);

    const int alike = in.detail.rows_alike(in.binary.level);
    Detail::Range words{0, 0};
    // Labels need all rows; runs those between which there is anything, from a multiple of `every` on.
    const bool rings = in.rings;
    const int every = in.scan_every;
    const Detail::Range lines = rings ? Detail::Range{0, bits.height} : in.detail.lines(in.binary.level, bits.height);
    for (int y = lines.begin / every * every, block = -1; y < lines.end; y += rings ? 1 : every) {
        if (y / alike != block) {
            block = y / alike;
            words = in.detail.words(in.binary.level, y, y + 1, bits.width);
            if (!context.budget.spend(1)) return Status::budget;
        }
        if (words.begin >= words.end && !rings) continue;
        int* edge = edges[y & 1].data() + 1;
        edge[-1] = 0;
        const int n = row_edges(bits.row(y), words, bits.width, edge);
        if (!context.budget.spend(static_cast<std::uint32_t>(n / 16 + 1))) return Status::budget;
        if (scan && y % every == 0) {
            const RunTest test{tolerance, n <= most_edges ? least_whole : std::max(least_whole, least_in_noise)};
            if (in.dark) scan_row(bits, y, edge, n, true, test, scale, context.kernels, hits, recent, out);
            if (in.inverted) scan_row(bits, y, edge, n, false, test, scale, context.kernels, hits, recent, out);
        }
        if (rings) {
            label_row(edge, n + 1, labels[y & 1].data(), edges[~y & 1].data() + 1, above_runs, labels[~y & 1].data(), y,
                      components);
            above_runs = n + 1;
        }
    }
    if (rings)
        find_rings(components, scale, in.inverted, 25 * in.least_module * in.least_module, tunables, bits, out,
                   context.budget, context.trace);
    return context.budget.spent() ? Status::budget : Status::ok;
}

}  // namespace qrcore
