#include "finders.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "trace.hpp"

namespace qrcore {
namespace {

// Where the colour changes along a row: even edges begin dark runs, odd ones light runs. The row is taken to
// stand on light ground, as does what is outside the range of words, and `width` closes it twice, so that every run has
// an end.
int row_edges(const std::uint64_t* words, Detail::Range range, int width, int* edges) {
    int n = 0;
    std::uint64_t before = 0;
    for (int k = range.begin, x = 64 * k; k < range.end; ++k, x += 64) {
        const std::uint64_t word = words[k];
        std::uint64_t changes = word ^ (word << 1 | before);
        before = word >> 63;
        for (; changes; changes &= changes - 1) edges[n++] = x + std::countr_zero(changes);
    }
    if (before && 64 * range.end < width) edges[n++] = 64 * range.end;
    while (n > 0 && edges[n - 1] >= width) --n;  // the padding of the last word is light
    edges[n] = edges[n + 1] = width;
    return n;
}

// Runs a pixel, of every eighth row.
double run_density(const BitmapView& bits) {
    std::int64_t runs = 0, pixels = 1;
    for (int y = 4; y < bits.height; y += 8) {
        for (const std::uint64_t *word = bits.row(y), *end = word + bits.stride; word != end; ++word)
            runs += std::popcount(*word ^ (*word << 1));
        pixels += bits.width;
    }
    return static_cast<double>(runs) / static_cast<double>(pixels);
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
    const std::uint64_t* word = bits.data + (x >> 6);
    const std::uint64_t mask = std::uint64_t{1} << (x & 63);
    // From row `from`, the end of the run of this colour, going up (-1) or down (1); -2 where it is longer than `most`.
    const auto end_of = [&](int from, int step, bool is_dark, int most) {
        const int last = step < 0 ? -1 : bits.height;
        int row = from;
        while (row != last && ((word[static_cast<std::ptrdiff_t>(row) * bits.stride] & mask) != 0) == is_dark) {
            row += step;
            if (std::abs(row - from) > most) return -2;
        }
        return row;
    };
    int ends[6];  // of the runs, from the top
    ends[2] = end_of(y, -1, dark, longest);
    ends[3] = end_of(y, 1, dark, longest);
    run[2] = ends[3] - ends[2] - 1;
    if (ends[2] < 0 || ends[3] < 0 || ends[3] == bits.height) return false;
    ends[1] = end_of(ends[2], -1, !dark, run[2]);
    if (ends[1] < 0) return false;
    ends[4] = end_of(ends[3], 1, !dark, run[2]);
    if (ends[4] < 0 || ends[4] == bits.height) return false;
    ends[0] = end_of(ends[1], -1, dark, 2 * run[2]);
    if (ends[0] == -2) return false;
    ends[5] = end_of(ends[4], 1, dark, 2 * run[2]);
    if (ends[5] == -2) return false;
    run[0] = ends[1] - ends[0];
    run[1] = ends[2] - ends[1];
    run[3] = ends[4] - ends[3];
    run[4] = ends[5] - ends[4];
    top = ends[0] + 1;
    return true;
}

// Seeds of one bitmap, so that the rows of one pattern give one seed: the latest seed of each column bin.
class RecentSeeds {
public:
    RecentSeeds(Scratch& scratch, int width)
        : latest_(scratch.take<int>(static_cast<std::size_t>(width / bin + 2), -1)) {}

    bool near(const std::vector<Seed>& seeds, Point p, double scale) const {
        const int b = static_cast<int>(p.x) / bin;
        for (int k = std::max(b - 1, 0); k <= b + 1 && k < static_cast<int>(latest_.size()); ++k) {
            if (latest_[k] < 0) continue;
            const Seed& s = seeds[static_cast<std::size_t>(latest_[k])];
            const double reach = 1.5 * std::min(s.u.x, s.v.y);
            if (std::fabs(s.centre.x / scale - p.x) * scale < reach &&
                std::fabs(s.centre.y / scale - p.y) * scale < reach)
                return true;
        }
        return false;
    }
    void add(Point p, std::size_t index) { latest_[static_cast<std::size_t>(p.x) / bin] = static_cast<int>(index); }

private:
    static constexpr int bin = 32;
    std::span<int> latest_;
};

// Looks at every core of one colour along a row: edges[first], edges[first + 2], ... begin the cores. edges[-1] is 0,
// where a light pattern may begin.
void scan_row(const BitmapView& bits, int y, const int* edges, int n, bool dark, int tolerance, int least_whole,
              double scale, RecentSeeds& recent, std::vector<Seed>& out) {
    for (int k = dark ? 2 : 1; k + 3 <= n + 1; k += 2) {
        const int core = edges[k + 1] - edges[k], left = edges[k] - edges[k - 1], right = edges[k + 2] - edges[k + 1];
        // One branch, as each alone is a coin flip in noise.
        if (!((core > left) & (core > right) & (edges[k + 3] - edges[k - 2] >= least_whole))) continue;
        int run[5] = {edges[k - 1] - edges[k - 2], left, core, right, edges[k + 3] - edges[k + 2]};
        if (!finder_runs(run, tolerance)) continue;
        const double whole = edges[k + 3] - edges[k - 2];
        const Point hit{(edges[k] + edges[k + 1]) / 2.0, y + 0.5};
        if (recent.near(out, hit, scale)) continue;
        int column[5], top = 0;
        const int x = (edges[k] + edges[k + 1]) / 2;
        if (!column_runs(bits, x, y, dark, static_cast<int>(2 * whole), column, top)) continue;
        if (!finder_runs(column, tolerance)) continue;
        const Point centre{hit.x, top + column[0] + column[1] + column[2] / 2.0};
        const double height = column[0] + column[1] + column[2] + column[3] + column[4];
        recent.add(hit, out.size());
        out.push_back({scale * centre, {scale * whole / 7, 0}, {0, scale * height / 7}, true, !dark});
    }
}

// ---- Rings -------------------------------------------------------------------------------------------------

struct Moments {
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;

    void add(const Moments& m) { n += m.n, x += m.x, y += m.y, xx += m.xx, xy += m.xy, yy += m.yy; }
    // The pixels [from, to) of row y.
    void add_run(int from, int to, int row) {
        const double count = to - from, middle = (from + to) / 2.0, height = row + 0.5;
        n += count;
        x += count * middle;
        y += count * height;
        xx += count * (middle * middle + count * count / 12);
        xy += count * middle * height;
        yy += count * height * height;
    }
};

struct Covariance {
    double xx, xy, yy;

    explicit Covariance(const Moments& m)
        : xx(m.xx / m.n - m.x / m.n * (m.x / m.n)),
          xy(m.xy / m.n - m.x / m.n * (m.y / m.n)),
          yy(m.yy / m.n - m.y / m.n * (m.y / m.n) + 1.0 / 12) {}
    double determinant() const { return xx * yy - xy * xy; }
};

struct Component {
    Moments filled;   // its own pixels, in the end with all that it encloses
    int root;         // union-find: an index not above its own
    int outer;        // the component left of its first run, which encloses it; -1 for the picture's edge
    int child;        // the largest component that it encloses
    double children;  // pixels of all of them
};

// Union-find over components that keep their place: chunks of scratch memory, taken as they are needed.
class Components {
public:
    Components(Scratch& scratch, std::size_t pixels)
        : scratch_(scratch), chunks_(scratch.take<Component*>(pixels / chunk + 2)) {}

    int find(int i) {
        while ((*this)[i].root != i) i = (*this)[i].root = (*this)[(*this)[i].root].root;
        return i;
    }
    int make(int outer) {
        if (size_ % chunk == 0)
            chunks_[static_cast<std::size_t>(size_ / chunk)] = scratch_.take<Component>(chunk).data();
        (*this)[size_] = {{}, size_, outer, -1, 0};
        return size_++;
    }
    int join(int a, int b) {
        a = find(a), b = find(b);
        if (a == b) return a;
        if (b < a) std::swap(a, b);
        (*this)[b].root = a;
        (*this)[a].filled.add((*this)[b].filled);
        return a;
    }
    Component& operator[](int i) { return chunks_[static_cast<std::size_t>(i / chunk)][i % chunk]; }
    int size() const { return size_; }

private:
    static constexpr int chunk = 1024;
    Scratch& scratch_;
    std::span<Component*> chunks_;
    int size_ = 0;
};

// Labels the runs of a row against those of the row above. Run i lies between edge[i - 1] and edge[i], with
// edge[-1] = 0; even runs are light, 4-connected; odd ones dark, 8-connected.
void label_row(const int* edge, int runs, int* label, const int* above_edge, int above_runs, const int* above_label,
               int y, Components& components) {
    int above[2] = {0, 1};  // the next run above, of each colour
    for (int i = 0, from = 0; i < runs; ++i) {
        const int to = edge[i], reach = i & 1;
        if (to == from) {  // only the first run, where the row begins dark
            label[i] = -1;
            continue;
        }
        int& k = above[reach];
        const auto begins = [&](int run) { return run ? above_edge[run - 1] : 0; };
        while (k < above_runs && above_edge[k] + reach <= from) k += 2;
        int mine = -1;
        for (int j = k; j < above_runs && begins(j) < to + reach; j += 2) {
            if (above_label[j] < 0) continue;
            mine = mine < 0 ? components.find(above_label[j]) : components.join(mine, above_label[j]);
        }
        if (mine < 0) mine = components.make(i ? label[i - 1] : -1);
        components[mine].filled.add_run(from, to, y);
        label[i] = mine;
        from = to;
    }
}

// The frame of a square of 5 x 5 modules with this covariance, up to a turn: the symmetric square root.
void square_root_frame(const Covariance& c, Point& u, Point& v) {
    const double s = std::sqrt(std::max(c.determinant(), 0.0)), t = std::sqrt(c.xx + c.yy + 2 * s);
    const double k = std::sqrt(12.0) / 5 / t;
    u = {k * (c.xx + s), k * c.xy};
    v = {k * c.xy, k * (c.yy + s)};
}

bool is_ring(const Component& ring, const Component& core, const Tunables::Finders& t) {
    const double ratio = ring.filled.n / core.filled.n;
    if (ratio < t.least_ring_ratio || ratio > t.most_ring_ratio) return false;
    if (core.filled.n < t.least_core_share * ring.children) return false;
    const Covariance f(ring.filled), a(core.filled);
    const double det_f = f.determinant(), det_a = a.determinant();
    if (det_f <= 0 || det_a <= 0) return false;
    if (ring.filled.n * ring.filled.n < t.least_ring_fill * det_f) return false;
    if (core.filled.n * core.filled.n < t.least_core_fill * det_a) return false;
    const double dx = ring.filled.x / ring.filled.n - core.filled.x / core.filled.n;
    const double dy = ring.filled.y / ring.filled.n - core.filled.y / core.filled.n;
    if ((f.yy * dx * dx - 2 * f.xy * dx * dy + f.xx * dy * dy) / det_f > t.most_ring_offset) return false;
    const double trace = (a.yy * f.xx - 2 * a.xy * f.xy + a.xx * f.yy) / det_a;
    return trace / 2 < t.most_ring_skew * std::sqrt(det_f / det_a);
}

void find_rings(Components& components, double scale, bool inverted, double least_pixels,
                const Tunables::Finders& tunables, const BitmapView& bits, std::vector<Seed>& out, Budget& budget,
                Trace* trace) {
    std::uint64_t rejected = 0;
    for (int i = components.size() - 1; i >= 0; --i) {  // what a component encloses comes after it
        Component& c = components[i];
        if (i % 1024 == 0 && !budget.look()) return;
        if (c.root != i) continue;
        const int outer = c.outer < 0 ? -1 : components.find(c.outer);
        if (outer >= 0) {
            Component& o = components[outer];
            o.filled.add(c.filled);
            o.children += c.filled.n;
            if (o.child < 0 || components[o.child].filled.n < c.filled.n) o.child = i;
        }
        if (c.child < 0 || c.filled.n < least_pixels) continue;
        const Component& core = components[c.child];
        if (!is_ring(c, core, tunables)) {
            ++rejected;
            continue;
        }
        const Point centre{core.filled.x / core.filled.n, core.filled.y / core.filled.n};
        const int x = std::clamp(static_cast<int>(centre.x), 0, bits.width - 1);
        const int y = std::clamp(static_cast<int>(centre.y), 0, bits.height - 1);
        const bool light_core = !bits.get(x, y);
        if (light_core && !inverted) continue;
        Seed seed;
        square_root_frame(Covariance(c.filled), seed.u, seed.v);
        seed.centre = scale * centre;
        seed.u = scale * seed.u;
        seed.v = scale * seed.v;
        seed.inverted = light_core;
        out.push_back(seed);
    }
    if (trace) trace->reject("finders", "ring proportions", rejected);
}

}  // namespace

Status find_finders(const FindersIn& in, const Tunables::Finders& tunables, Context& context, std::vector<Seed>& out) {
    const BitmapView& bits = in.binary.bits;
    const double scale = 1 << in.binary.level;
    const std::uint64_t* end = bits.row(bits.height);
    if (std::find_if(bits.data, end, [](std::uint64_t word) { return word != 0; }) == end) return Status::ok;
    Scratch::Frame frame(context.scratch);
    const auto room = static_cast<std::size_t>(bits.width) + 5;
    // Two rows of edges and labels; a row of n edges has n + 1 runs, the last one ending at the width. What stands
    // before the edges is where the first run begins.
    std::span<int> edges[2] = {context.scratch.take<int>(room), context.scratch.take<int>(room)};
    std::span<int> labels[2] = {context.scratch.take<int>(room), context.scratch.take<int>(room)};
    RecentSeeds recent(context.scratch, bits.width);
    Components components(context.scratch, static_cast<std::size_t>(bits.width) * bits.height);
    int above_runs = 0;
    const bool rings = in.rings && run_density(bits) < tunables.most_runs;
    const bool scan = in.scan > 0;
    const bool wide = bits.width >= tunables.least_wide;
    const int most_edges = wide ? static_cast<int>(tunables.most_edges * bits.width) : bits.width;
    const int least_whole = static_cast<int>(7 * in.least_module);
    const int least_in_noise = static_cast<int>(7 * in.least_in_noise);
    const int tolerance = static_cast<int>(256 * in.scan);

    for (int y = 0; y < bits.height; y += rings ? 1 : in.scan_every) {
        int* edge = edges[y & 1].data() + 1;
        edge[-1] = 0;
        const int n = row_edges(bits.row(y), in.detail.words(in.binary.level, y, y + 1, bits.width), bits.width, edge);
        if (!context.budget.spend(static_cast<std::uint32_t>(n / 16 + 1))) return Status::budget;
        if (scan && y % in.scan_every == 0) {
            const int least = n <= most_edges ? least_whole : std::max(least_whole, least_in_noise);
            if (in.dark) scan_row(bits, y, edge, n, true, tolerance, least, scale, recent, out);
            if (in.inverted) scan_row(bits, y, edge, n, false, tolerance, least, scale, recent, out);
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
