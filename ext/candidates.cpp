#include "candidates.hpp"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>

#include "interpolate.hpp"
#include "order.hpp"
#include "simd/clones.hpp"
#include "trace.hpp"

namespace qrcore {
namespace {

// A finder's axis k of four: u, v, -u, -v. Axis k + 1 is a quarter turn on.
Point axis(const Finder& f, int k) {
    const Point a = k & 1 ? f.v : f.u;
    return k & 2 ? -1 * a : a;
}

// The same finder with u along axis k.
Finder turned(const Finder& f, int k) {
    Finder t = f;
    t.u = axis(f, k);
    t.v = axis(f, k + 1);
    return t;
}

// Module offsets of the vector w in the frame of f.
Point in_frame(const Finder& f, Point w) {
    const double area = cross(f.u, f.v);
    return {cross(w, f.v) / area, cross(f.u, w) / area};
}

// The axis that the offsets point along.
int axis_along(Point offset) {
    return std::fabs(offset.x) > std::fabs(offset.y) ? (offset.x > 0 ? 0 : 2) : (offset.y > 0 ? 1 : 3);
}

// How far apart two positive numbers are: |log(a / b)| to second order, without a logarithm.
double unlike(double a, double b) { return 2 * std::fabs(a - b) / (a + b); }

// Two finders along one axis of both, seen from the corner finder.
struct Leg {
    static constexpr int max_versions = 12;

    int partner;
    int turn;                                   // the axis of the partner that goes on in the same direction
    double modules;                             // estimated between the centres
    double strain;                              // angle and size terms
    int first = 0, versions = 0;                // the versions that fit the estimate
    std::array<float, max_versions> timing[2];  // by version, for the pattern on the side of axis k + 1 and k - 1
    bool scored[2] = {false, false};
    float share[2] = {0, 0};  // of the best version, as `alternation` gives it
};

// Centres of finders are size - 7 modules apart: 4 v + 10 for QR.
constexpr int between_centres(int version) { return 4 * version + 10; }

// A finder as it may stand in a symbol; a round one is seen in two turns.
struct Seen {
    Finder finder;
    int index;  // in the caller's list
    double module, length_u, length_v;
    double longest;  // pixels that a step along an axis may take it away, and as far aside as a leg may

    Seen(const Finder& f, int i, double most_slope)
        : finder(f),
          index(i),
          module(f.module()),
          length_u(length(f.u)),
          length_v(length(f.v)),
          longest(std::max(length_u + most_slope * length_v, length_v + most_slope * length_u)) {}
};

// Offsets as steps along the axis and aside, where they are within `most_slope` of it.
bool along_axis(Point offset, double most_slope, double& ahead, double& aside) {
    ahead = std::max(std::fabs(offset.x), std::fabs(offset.y));
    aside = std::min(std::fabs(offset.x), std::fabs(offset.y));
    return ahead > 0 && aside <= most_slope * ahead;
}

// Whether `p` may be the other end of a leg from `c`, and along which of its axes: at most one, as axes are 90 degrees
// apart. Most are too far: those that surely have more than `most` modules are left at once.
bool make_leg(const Seen& c, const Seen& p, const Tunables::Candidates& t, double most, Leg& leg, int& k) {
    const Point w = p.finder.centre - c.finder.centre;
    constexpr double surely = 1 + 1e-6;
    if (dot(w, w) > surely * most * most * c.longest * p.longest) return false;
    if (std::max(c.module, p.module) > t.most_size_ratio * std::min(c.module, p.module)) return false;
    const Point seen = in_frame(c.finder, w);
    double ahead = 0, aside = 0;
    if (!along_axis(seen, t.most_slope, ahead, aside)) return false;
    k = axis_along(seen);
    // The partner's axis nearest to the direction, which need not be that of most modules.
    leg.turn = axis_along({dot(p.finder.u, w) / p.length_u, dot(p.finder.v, w) / p.length_v});
    const Point back = in_frame(p.finder, w);
    const double back_ahead = (leg.turn & 2 ? -1 : 1) * (leg.turn & 1 ? back.y : back.x);
    const double back_aside = std::fabs(leg.turn & 1 ? back.x : back.y);
    if (back_ahead <= 0 || back_aside > t.most_slope * back_ahead) return false;
    leg.modules = std::sqrt(ahead * back_ahead);
    if (leg.modules < t.least_modules || leg.modules > t.most_modules) return false;
    leg.strain = 0.5 * (aside / ahead + back_aside / back_ahead) + 0.5 * unlike(c.module, p.module);
    return true;
}

// The versions that fit the estimate.
void choose_range(Leg& leg, double most_size_error) {
    const auto fits = [&](int v) { return unlike(between_centres(v), leg.modules) <= most_size_error; };
    const int nearest = std::clamp(static_cast<int>((leg.modules - 10) / 4 + 0.5), 1, 40);
    int low = nearest, high = nearest;
    while (low > 1 && high - low + 1 < Leg::max_versions && fits(low - 1)) --low;
    while (high < 40 && high - low + 1 < Leg::max_versions && fits(high + 1)) ++high;
    leg.first = low;
    leg.versions = high - low + 1;
}

// Luminance beside the line between the centres of two finders, `fine` samples a module of the estimate, from centre
// to centre. A Hermite curve with the frames as tangents follows the pattern through perspective and bends.
constexpr int fine = 3;

QRCORE_CLONES std::span<float> timing_profile(const Pyramid& pyramid, const Finder& a, const Finder& b, double offset,
                                              double modules, const Tunables::Candidates& tunables, Scratch& scratch) {
    const int level = level_for(pyramid, std::min(a.module(), b.module()), tunables.pixels_a_module);
    const ImageView& image = pyramid.level[level];
    const double scale = 1.0 / (1 << level);
    const int last = static_cast<int>(fine * modules + 0.5);
    const auto n = static_cast<std::size_t>(last) + 1;
    const Point p = a.at(0, offset), q = b.at(0, offset), tangent_a = modules * a.u, tangent_b = modules * b.u;
    auto out = scratch.take<float>(n), x = scratch.take<float>(n), y = scratch.take<float>(n);
    for (int k = 0; k <= last; ++k) {
        const double t = static_cast<double>(k) / last, t2 = t * t, t3 = t2 * t;
        const Point at =
            (2 * t3 - 3 * t2 + 1) * p + (t3 - 2 * t2 + t) * tangent_a + (3 * t2 - 2 * t3) * q + (t3 - t2) * tangent_b;
        x[k] = static_cast<float>(at.x * scale);
        y[k] = static_cast<float>(at.y * scale);
    }
    bilinear(image, x, y, out.data());
    return out;
}

// How well a profile alternates as the timing pattern between two finders n modules apart does, -1 to 1: the sum of
// signed second differences over the sum of their absolute values. `share` is this sum over that of black and white
// modules: an empty space has few edges.
float alternation(std::span<const float> profile, float contrast, int n, float sign,
                  const Tunables::Candidates& tunables, float& share) {
    // Of module k: its luminance, and what it puts to the sum.
    std::array<float, between_centres(40)> luma, turn;
    const float step = static_cast<float>(profile.size() - 1) / static_cast<float>(n);
    const int last = static_cast<int>(profile.size()) - 2;
    const int end = n - 2;  // before the first dark module of the other finder
    for (int k = 3; k < end; ++k) {
        const float x = step * static_cast<float>(k);
        const int i = std::min(static_cast<int>(x), last);
        luma[k] = profile[i] + (x - static_cast<float>(i)) * (profile[i + 1] - profile[i]);
    }
    for (int k = 5; k < end; ++k) {
        const float second = luma[k - 2] - 2 * luma[k - 1] + luma[k];  // positive on the dark module k - 1
        turn[k] = k & 1 ? -second : second;
    }
    float sum = 0, norm = 1e-6f, windows = 0;
    for (int k = 5; k < end;) {
        float window = 0;
        for (const int next = std::min(k + std::max(tunables.window, 1), end); k < next; ++k) {
            sum += turn[k];
            window += turn[k];
            norm += std::fabs(turn[k]);
        }
        windows += std::fabs(window);
    }
    share = norm / (2 * contrast * static_cast<float>(n - 7) + 1e-6f);
    const float whole = sign * sum / norm;
    if (n < tunables.long_pattern) return whole;
    return std::max(whole, (windows / norm - tunables.window_chance) / (1 - tunables.window_chance));
}

// Scores every version that the leg admits, for the pattern on one side of it (0: axis k + 1, 1: axis k - 1), 3
// modules beside the centres or half a module more or less, and returns the best.
double best_timing(const Pyramid& pyramid, const Finder& c, int k, const Finder& p, int side,
                   const Tunables::Candidates& tunables, Context& context, Leg& leg) {
    const auto best_of = [&] {
        return *std::max_element(leg.timing[side].begin(), leg.timing[side].begin() + leg.versions);
    };
    if (leg.scored[side]) return best_of();
    leg.scored[side] = true;
    const Finder a = turned(c, k), b = turned(p, leg.turn);
    const float sign = a.inverted ? -1 : 1;
    leg.timing[side].fill(-1);
    for (const double offset : {3.0, 2.5, 3.5}) {
        if (!context.budget.spend(static_cast<std::uint32_t>(leg.modules / 16))) break;
        Scratch::Frame frame(context.scratch);
        const auto profile =
            timing_profile(pyramid, a, b, side == 0 ? offset : -offset, leg.modules, tunables, context.scratch);
        const auto [darkest, lightest] = std::minmax_element(profile.begin(), profile.end());
        const float contrast = *lightest - *darkest;
        float best = -1;
        for (int i = 0; i < leg.versions; ++i) {
            float& timing = leg.timing[side][static_cast<std::size_t>(i)];
            float share = 0;
            const float found = alternation(profile, contrast, between_centres(leg.first + i), sign, tunables, share);
            if (found > best) leg.share[side] = share;
            timing = std::max(timing, found);
            best = std::max(best, timing);
        }
        if (best > tunables.clear_timing || best < tunables.no_timing) break;
    }
    return best_of();
}

// The fourth corner: where the right edge of the symbol meets its bottom edge.
Point fourth_corner(const Finder& c, const Finder& right, const Finder& below, double least_sine) {
    const Point p = right.at(3.5, 3.5), q = below.at(3.5, 3.5);
    const double denominator = cross(right.v, below.u);
    if (std::fabs(denominator) > least_sine * length(right.v) * length(below.u)) {
        const double t = cross(q - p, below.u) / denominator;
        const double s = cross(q - p, right.v) / denominator;
        if (t > 0 && s > 0) return p + t * right.v;
    }
    return right.at(3.5, -3.5) + below.at(-3.5, 3.5) - c.at(-3.5, -3.5);
}

void choose_versions(const Leg& a, const Leg& b, const Tunables::Candidates& tunables, Candidate& candidate,
                     double& timing) {
    struct Choice {
        double score;
        int version;
    };
    std::array<Choice, 2 * Leg::max_versions> choices;
    std::size_t n = 0;
    for (int v = std::min(a.first, b.first); v < std::max(a.first + a.versions, b.first + b.versions); ++v) {
        const int i = v - a.first, j = v - b.first;
        const bool in_a = i >= 0 && i < a.versions, in_b = j >= 0 && j < b.versions;
        if ((!in_a && !in_b) || n == choices.size()) continue;
        // A leg that does not admit the version says nothing for it.
        const double ta = in_a ? a.timing[0][static_cast<std::size_t>(i)] : 0;
        const double tb = in_b ? b.timing[1][static_cast<std::size_t>(j)] : 0;
        choices[n++] = {(ta + tb) / 2, v};
    }
    std::sort(choices.begin(), choices.begin() + static_cast<std::ptrdiff_t>(n),
              [](const Choice& x, const Choice& y) { return x.score > y.score; });
    for (std::size_t k = 0; k < n && k + 1 < Candidate::max_versions; ++k)  // one place is the symbol's own
        if (choices[k].score > choices[0].score - tunables.version_doubt)
            candidate.version[candidate.versions++] = choices[k].version;
    timing = n ? choices[0].score : -1;
}

std::span<Seen> seen_finders(std::span<const Finder> finders, double most_slope, Scratch& scratch) {
    auto out = scratch.take<Seen>(2 * finders.size());
    std::size_t n = 0;
    for (std::size_t i = 0; i < finders.size(); ++i) {
        Finder f = finders[i];
        if (f.used) continue;
        out[n++] = Seen(f, static_cast<int>(i), most_slope);
        if (!f.round) continue;
        constexpr double half = 0.70710678118654752;
        f.u = half * (finders[i].u + finders[i].v);
        f.v = half * (finders[i].v - finders[i].u);
        out[n++] = Seen(f, static_cast<int>(i), most_slope);
    }
    return out.first(n);
}

// A corner finder with a leg along its axis `axis` and one along the next.
struct Triple {
    double modules;  // of both legs
    int corner, axis;
    Leg *a, *b;
};

constexpr auto later = [](const Triple& s, const Triple& t) {
    return s.modules != t.modules ? s.modules > t.modules : s.a != t.a ? s.a > t.a : s.b > t.b;
};

// The nearest legs from every finder along each of its four axes.
class Legs {
public:
    Legs(std::span<const Seen> seen, const Tunables::Candidates& tunables, Budget& budget, Scratch& scratch)
        : most_(static_cast<std::size_t>(tunables.most_partners)),
          legs_(scratch.take<Leg>(seen.size() * 4 * most_)),
          counts_(scratch.take<std::size_t>(seen.size() * 4, 0)) {
        Leg leg{};
        for (std::size_t i = 0; i < seen.size() && budget.spend(static_cast<std::uint32_t>(seen.size() / 4 + 1)); ++i) {
            double most = tunables.most_modules;
            for (std::size_t j = 0; j < seen.size(); ++j) {
                const Seen &c = seen[i], &p = seen[j];
                if (c.index == p.index || c.finder.inverted != p.finder.inverted) continue;
                int k = 0;
                if (!make_leg(c, p, tunables, most, leg, k)) continue;
                leg.partner = static_cast<int>(j);
                insert(4 * i + static_cast<std::size_t>(k), leg);
                most = longest_kept(4 * i, tunables.most_modules);
            }
        }
        for (std::size_t at = 0; at < counts_.size() && budget.spend(1); ++at)
            for (Leg& kept : legs_.subspan(at * most_, counts_[at])) choose_range(kept, tunables.most_size_error);
    }
    // All that hold a fresh finder and three different ones, and whose legs are about as long in modules: in steep
    // perspective one looks several times as long as the other. Counts those that are not.
    std::span<Triple> triples(std::span<const Seen> seen, double most_leg_ratio, std::uint64_t& unlike_legs,
                              Budget& budget, Scratch& scratch) {
        auto out = scratch.take<Triple>(seen.size() * 4 * most_ * most_);
        std::size_t n = 0;
        for (std::size_t i = 0; i < seen.size() && budget.spend(4); ++i)
            for (int k = 0; k < 4; ++k)
                for (Leg& a : from(i, k))
                    for (Leg& b : from(i, k + 1)) {
                        const Seen &p = seen[static_cast<std::size_t>(a.partner)],
                                   &q = seen[static_cast<std::size_t>(b.partner)];
                        if (p.index == q.index || !(seen[i].finder.fresh || p.finder.fresh || q.finder.fresh)) continue;
                        if (std::max(a.modules, b.modules) > most_leg_ratio * std::min(a.modules, b.modules)) {
                            ++unlike_legs;
                            continue;
                        }
                        out[n++] = {a.modules + b.modules, static_cast<int>(i), k, &a, &b};
                    }
        return out.first(n);
    }

private:
    std::span<Leg> from(std::size_t finder, int axis) {
        const std::size_t at = 4 * finder + static_cast<std::size_t>(axis & 3);
        return legs_.subspan(at * most_, counts_[at]);
    }
    void insert(std::size_t at, const Leg& leg) {
        Leg* of = &legs_[at * most_];
        std::size_t& count = counts_[at];
        if (count == most_ && leg.modules >= of[count - 1].modules) return;
        std::size_t place = count < most_ ? count++ : count - 1;
        for (; place > 0 && of[place - 1].modules > leg.modules; --place) of[place] = of[place - 1];
        of[place] = leg;
    }

    // Beyond this no leg of the finder's four axes would be kept.
    double longest_kept(std::size_t at, double most_modules) const {
        double longest = 0;
        for (std::size_t k = at; k < at + 4; ++k)
            longest = std::max(longest, counts_[k] == most_ ? legs_[(k + 1) * most_ - 1].modules : most_modules);
        return longest;
    }

    std::size_t most_;
    std::span<Leg> legs_;
    std::span<std::size_t> counts_;
};

// Gives a round finder the axes of the whole symbol.
void take_axes(Candidate& candidate) {
    const double modules = between_centres(candidate.version[0]);
    const Point c = candidate.finder[0].centre;
    const Point u = 1 / modules * (candidate.finder[1].centre - c), v = 1 / modules * (candidate.finder[2].centre - c);
    for (Finder& f : candidate.finder)
        if (f.round) f.u = u, f.v = v;
}

}  // namespace

Status find_candidates(const CandidatesIn& in, const Tunables::Candidates& tunables, Context& context,
                       std::vector<Candidate>& out) {
    Scratch::Frame frame(context.scratch);
    const auto seen = seen_finders(in.finders, tunables.most_slope, context.scratch);
    if (std::none_of(seen.begin(), seen.end(), [](const Seen& s) { return s.finder.fresh; })) return Status::ok;
    Legs legs(seen, tunables, context.budget, context.scratch);

    // Finders of triples that are beyond doubt, which no other triple needs.
    auto settled = context.scratch.take<bool>(in.finders.size(), false);
    const auto is_settled = [&](const Triple& t) {
        const auto finder = [&](int i) {
            return settled[static_cast<std::size_t>(seen[static_cast<std::size_t>(i)].index)];
        };
        return finder(t.corner) || finder(t.a->partner) || finder(t.b->partner);
    };

    // The candidate of a corner finder and a leg each along two of its axes, if it is good enough.
    const auto try_triple = [&](const Triple& t) {
        const int k = t.axis;
        Leg &a = *t.a, &b = *t.b;
        const Seen &c = seen[static_cast<std::size_t>(t.corner)], &p = seen[static_cast<std::size_t>(a.partner)],
                   &q = seen[static_cast<std::size_t>(b.partner)];
        if (is_settled(t)) return Status::ok;
        const double without_timing = (c.finder.ncc + p.finder.ncc + q.finder.ncc) / 3.0 - 0.5 * (a.strain + b.strain) -
                                      tunables.leg_strain * unlike(a.modules, b.modules);
        // Each leg counts half; what cannot reach the score with a perfect other half is left.
        const double needed = in.least_score - without_timing;
        if (needed > 1) return Status::timing;
        const double half = best_timing(in.pyramid, c.finder, k, p.finder, 0, tunables, context, a);
        if ((half + 1) / 2 < needed) return Status::timing;
        best_timing(in.pyramid, c.finder, k + 1, q.finder, 1, tunables, context, b);
        Candidate candidate;
        double timing = 0;
        choose_versions(a, b, tunables, candidate, timing);
        if (timing < needed) return Status::timing;
        candidate.score = without_timing + timing;
        candidate.spec = &symbology(SymbologyId::qr);
        candidate.finder[0] = turned(c.finder, k);
        candidate.finder[1] = turned(p.finder, a.turn);
        candidate.finder[2] = turned(q.finder, b.turn + 3);
        candidate.index[0] = c.index;
        candidate.index[1] = p.index;
        candidate.index[2] = q.index;
        candidate.finders = 3;
        candidate.inverted = c.finder.inverted;
        take_axes(candidate);
        const Finder* f = candidate.finder;
        candidate.outline = {f[0].at(-3.5, -3.5), f[1].at(3.5, -3.5),
                             fourth_corner(f[0], f[1], f[2], tunables.least_sine), f[2].at(-3.5, 3.5)};
        candidate.status = Status::timing;
        out.push_back(candidate);
        if (candidate.score > tunables.clear_triple && std::min(a.share[0], b.share[1]) > tunables.least_alternation)
            for (const int i : candidate.index) settled[static_cast<std::size_t>(i)] = true;
        return Status::ok;
    };

    // Short legs first: between codes that stand in rows the legs are longer than within most of them. They are put in
    // order by a heap, since sorting would not look at the clock for milliseconds, and a few lengths at a time: most
    // are settled before their turn comes.
    std::uint64_t unlike_legs = 0, no_timing = 0;
    const std::size_t begin = out.size();
    auto triples = legs.triples(seen, tunables.most_leg_ratio, unlike_legs, context.budget, context.scratch);
    if (context.budget.spent()) return Status::budget;
    for (double limit = 0; !triples.empty();) {
        double next = DBL_MAX;
        auto end = triples.begin();  // of the heap
        for (std::size_t k = 0; k < triples.size();) {
            if (k % 1024 == 0 && !context.budget.look()) return Status::budget;
            Triple& t = triples[k];
            if (t.modules > limit) {
                next = std::min(next, t.modules);
                ++k;
            } else if (is_settled(t)) {
                t = triples.back();
                triples = triples.first(triples.size() - 1);
            } else {
                std::swap(t, *end);
                std::push_heap(triples.begin(), ++end, later);
                ++k;
            }
        }
        const auto tried = static_cast<std::size_t>(end - triples.begin());
        while (end != triples.begin()) {
            if (!context.budget.spend(4)) return Status::budget;
            std::pop_heap(triples.begin(), end, later);
            no_timing += try_triple(*--end) == Status::timing;
        }
        triples = triples.subspan(tried);
        limit = 1.5 * next;  // whatever the factor, the order is the same
    }
    if (!sort_best_first(std::span(out).subspan(begin), context)) return Status::budget;
    if (context.trace) {
        context.trace->reject("candidates", "legs too unlike", unlike_legs);
        context.trace->reject("candidates", "timing", no_timing);
    }
    return Status::ok;
}

}  // namespace qrcore
