#include "verify.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "interpolate.hpp"
#include "trace.hpp"

namespace qrcore {
namespace {

// The finder pattern with its quiet ring, 9 x 9 modules: dark is -1, light +1, by distance from the centre.
constexpr int ring_value(int ring) { return ring == 4 || ring == 2 ? 1 : -1; }
constexpr int ring_of(double s, double t) {
    const double a = s < 0 ? -s : s, b = t < 0 ? -t : t, m = a > b ? a : b;
    return static_cast<int>(m + 0.5);
}

// Template samples, `per_module` a module both ways, with weights that give the quiet ring a half.
template <int per_module>
struct Template {
    static constexpr int side = 9 * per_module, size = side * side;
    std::array<float, size> s{}, t{}, value{}, weight{};  // value: zero weighted mean

    explicit constexpr Template(double mean) {
        for (int j = 0; j < side; ++j)
            for (int i = 0; i < side; ++i) {
                const int k = j * side + i;
                const double x = (i + 0.5) / per_module - 4.5, y = (j + 0.5) / per_module - 4.5;
                const int ring = ring_of(x, y);
                s[k] = static_cast<float>(x);
                t[k] = static_cast<float>(y);
                weight[k] = ring == 4 ? 0.5f : 1.0f;
                value[k] = static_cast<float>(ring_value(ring) - mean);
            }
    }
};

// Ring areas: core 1 + 8 dark, 16 light, 24 dark, 32 light at half weight: 33 dark and 16 + 16 light of 65.
constexpr double template_mean = (32.0 - 33.0) / 65.0;
constexpr Template<1> coarse(template_mean);
constexpr Template<2> fine(template_mean);

// Independent sums of a row of samples, so that the compiler may use vectors and the sums stay the same everywhere.
template <int per_module>
constexpr std::size_t lanes_for = per_module == 1 ? 9 : 6;

struct Frame {
    Point c, u, v;
};

// Normalised correlation with the pattern, positive for dark on light, and the regression of the picture on it.
struct Sums {
    double ncc, mean, gain;
};

template <int per_module>
Sums correlate(const Template<per_module>& pattern, const float* luma) {
    constexpr std::size_t lanes = lanes_for<per_module>;
    float w[lanes] = {}, m[lanes] = {}, mm[lanes] = {}, mt[lanes] = {}, tt[lanes] = {};
    for (std::size_t k = 0; k < pattern.size; k += lanes)
        for (std::size_t l = 0; l < lanes; ++l) {
            const float wk = pattern.weight[k + l], x = luma[k + l], p = pattern.value[k + l];
            w[l] += wk;
            m[l] += wk * x;
            mm[l] += wk * x * x;
            mt[l] += wk * x * p;
            tt[l] += wk * p * p;
        }
    const auto total = [](const float* lane) {
        double x = 0;
        for (std::size_t l = 0; l < lanes; ++l) x += lane[l];
        return x;
    };
    const double weight = total(w), mean = total(m) / weight, square = total(tt), product = total(mt);
    const double variance = total(mm) - mean * mean * weight;
    return {variance > 1e-3 * weight ? product / std::sqrt(variance * square) : 0, mean, product / square};
}

// Weighted sums over the 9 x 9 points, exact in integers: weights 2 inside and 1 on the quiet ring.
struct LookTable {
    std::array<std::int32_t, 96> weight{}, signed_weight{};  // padded to whole vectors

    constexpr LookTable() {
        for (int k = 0; k < 81; ++k) {
            const int ring = ring_of(k % 9 - 4, k / 9 - 4);
            weight[static_cast<std::size_t>(k)] = ring == 4 ? 1 : 2;
            signed_weight[static_cast<std::size_t>(k)] = ring_value(ring) * weight[static_cast<std::size_t>(k)];
        }
    }
};
constexpr LookTable look_table;

// Correlation at the nearest pixels of 9 x 9 points.
double look(const ImageView& image, double scale, const Frame& f) {
    std::array<std::int32_t, 96> luma{};
    // 16.16 fixed point: the same places on every target. A place outside the picture is its nearest pixel.
    const auto fixed = [&](double v) { return static_cast<std::int64_t>(v / scale * 65536); };
    const std::int64_t ux = fixed(f.u.x), uy = fixed(f.u.y), vx = fixed(f.v.x), vy = fixed(f.v.y);
    std::int64_t row_x = fixed(f.c.x) - 4 * (ux + vx), row_y = fixed(f.c.y) - 4 * (uy + vy);
    std::size_t k = 0;
    for (int j = 0; j < 9; ++j, row_x += vx, row_y += vy) {
        std::int64_t x = row_x, y = row_y;
        for (int i = 0; i < 9; ++i, x += ux, y += uy, ++k) {
            const auto column = std::clamp(static_cast<int>(x >> 16), 0, image.width - 1);
            const auto line = std::clamp(static_cast<int>(y >> 16), 0, image.height - 1);
            luma[k] = image.row(line)[column];
        }
    }
    std::int32_t m = 0, mt = 0, mm = 0;
    for (std::size_t i = 0; i < luma.size(); ++i) {
        const std::int32_t weighted = look_table.weight[i] * luma[i];
        m += weighted;
        mt += look_table.signed_weight[i] * luma[i];
        mm += weighted * luma[i];
    }
    constexpr double weights = 130, pattern_mean = 2 * (32.0 - 33.0) / weights;
    constexpr double pattern_square = weights - weights * pattern_mean * pattern_mean;
    const double variance = mm - static_cast<double>(m) * m / weights;
    return variance > weights * 1e-6 ? (mt - pattern_mean * m) / std::sqrt(variance * pattern_square) : 0;
}

// One Gauss-Newton step of the frame towards the picture; `ncc` is that of the frame given. False where the step
// cannot be solved.
template <int per_module>
bool step(const Template<per_module>& pattern, const ImageView& image, double scale, Frame& f, double& ncc) {
    constexpr int side = Template<per_module>::side, wide = side + 2;
    float grid[wide * wide], luma[Template<per_module>::size];
    const auto to = static_cast<float>(1 / scale);
    const float cx = static_cast<float>(f.c.x) * to, cy = static_cast<float>(f.c.y) * to;
    const float ux = static_cast<float>(f.u.x) * to, uy = static_cast<float>(f.u.y) * to;
    const float vx = static_cast<float>(f.v.x) * to, vy = static_cast<float>(f.v.y) * to;
    for (int j = 0; j < wide; ++j)
        for (int i = 0; i < wide; ++i) {
            const float s = (static_cast<float>(i) - 0.5f) / per_module - 4.5f,
                        t = (static_cast<float>(j) - 0.5f) / per_module - 4.5f;
            grid[j * wide + i] = bilinear(image, cx + s * ux + t * vx, cy + s * uy + t * vy);
        }
    for (int j = 0; j < side; ++j)
        for (int i = 0; i < side; ++i) luma[j * side + i] = grid[(j + 1) * wide + i + 1];
    const Sums sums = correlate(pattern, luma);
    ncc = sums.ncc;

    const float mean = static_cast<float>(sums.mean), gain = static_cast<float>(sums.gain);
    constexpr std::size_t lanes = lanes_for<per_module>;
    constexpr float slope = 0.5f * per_module;  // differences to luminance a module
    float sum[27][lanes] = {};
    for (int j = 0; j < side; ++j)
        for (int i = 0; i < side; i += static_cast<int>(lanes))
            for (std::size_t l = 0; l < lanes; ++l) {
                const std::size_t k = static_cast<std::size_t>(j * side + i) + l;
                const float* at = grid + (j + 1) * wide + i + 1 + static_cast<int>(l);
                const float gs = slope * (at[1] - at[-1]), gt = slope * (at[wide] - at[-wide]);
                const float s = pattern.s[k], t = pattern.t[k], wk = pattern.weight[k];
                const float r = wk * (gain * pattern.value[k] + mean - luma[k]);
                const float d[6] = {gs, gs * s, gs * t, gt, gt * s, gt * t};
                std::size_t n = 0;
                for (int p = 0; p < 6; ++p) {
                    const float weighted = wk * d[p];
                    for (int q = 0; q <= p; ++q) sum[n++][l] += weighted * d[q];
                    sum[21 + p][l] += d[p] * r;
                }
            }
    std::array<double, 36> a{};
    std::array<double, 6> b{};
    const auto total = [&](std::size_t n) {
        double x = 0;
        for (const float lane : sum[n]) x += lane;
        return x;
    };
    std::size_t n = 0;
    for (int p = 0; p < 6; ++p) {
        for (int q = 0; q <= p; ++q) a[p * 6 + q] = total(n++);
        b[p] = total(21 + static_cast<std::size_t>(p));
    }
    for (int p = 0; p < 6; ++p) {
        a[p * 6 + p] *= 1.001;  // a flat direction stays put
        a[p * 6 + p] += 1e-9;
        for (int q = 0; q < p; ++q) a[q * 6 + p] = a[p * 6 + q];
    }
    if (!solve_spd(a.data(), b.data(), 6)) return false;
    for (double& x : b) x = std::clamp(x, -0.5, 0.5);
    const Frame old = f;
    f.c = old.c + b[0] * old.u + b[3] * old.v;
    f.u = (1 + b[1]) * old.u + b[4] * old.v;
    f.v = b[2] * old.u + (1 + b[5]) * old.v;
    return true;
}

// The pyramid level that a pattern of this module size is looked at in.
struct View {
    ImageView image;
    double scale;

    View(const Pyramid& pyramid, double module, const Tunables::Verify& tunables) {
        const int k = level_for(pyramid, module, tunables.pixels_a_module);
        image = pyramid.level[k];
        scale = 1 << k;
    }
};

// cos and sin of 0, 22.5, 45 and 67.5 degrees.
constexpr std::array<std::array<double, 2>, 4> turns{{{1, 0},
                                                      {0.92387953251128674, 0.38268343236508977},
                                                      {0.70710678118654752, 0.70710678118654752},
                                                      {0.38268343236508977, 0.92387953251128674}}};

Frame turned(const Seed& seed, int turn) {
    const double c = turns[static_cast<std::size_t>(turn)][0], s = turns[static_cast<std::size_t>(turn)][1];
    const double scale = seed.chord ? std::max(c, s) : 1;  // a chord through a turned square is longer
    return {seed.centre, scale * (c * seed.u + s * seed.v), scale * (c * seed.v - s * seed.u)};
}

Frame eighth_turn(const Frame& f) {
    const double c = turns[2][0];
    return {f.c, c * (f.u + f.v), c * (f.v - f.u)};
}

bool plausible(const Frame& f, const Frame& start, const Tunables::Verify& t) {
    const double area = cross(f.u, f.v), before = std::fabs(cross(start.u, start.v));
    const double lu = length(f.u), lv = length(f.v);
    return area > t.least_module * t.least_module && area > 0.2 * before && area < 5 * before &&
           std::max(lu, lv) < t.most_stretch * std::min(lu, lv) && area > t.least_sine * lu * lv &&
           distance(f.c, start.c) < 3 * (length(start.u) + length(start.v));
}

// How a seed looks before any fit: the best of four turns and the next, if that is near it.
struct Look {
    double ncc = -1;
    const Seed* seed = nullptr;
    std::array<int, 2> turn{};
    int turns = 0;
};

Look look_around(const Pyramid& pyramid, const Seed& seed, const Tunables::Verify& tunables) {
    const View at(pyramid, std::sqrt(std::fabs(cross(seed.u, seed.v))), tunables);
    std::array<double, 4> ncc{};
    for (const int k : {0, 2, 1, 3}) {
        ncc[static_cast<std::size_t>(k)] = (seed.inverted ? -1 : 1) * look(at.image, at.scale, turned(seed, k));
        if (k == 2 && std::max(ncc[0], ncc[2]) < tunables.least_first_look && !seed.implied) return {};
    }
    const auto best = std::max_element(ncc.begin(), ncc.end());
    Look out{*best, &seed, {static_cast<int>(best - ncc.begin()), 0}, 1};
    *best = -2;
    const auto second = std::max_element(ncc.begin(), ncc.end());
    out.turn[1] = static_cast<int>(second - ncc.begin());
    out.turns += *second > out.ncc - tunables.second_look;
    return out;
}

struct Fit {
    Frame frame{};
    double ncc = 0;
};

// Gauss-Newton from `start` with one pattern; the best frame that it passed.
template <int per_module>
Fit climb_with(const Template<per_module>& pattern, const View& at, double sign, const Frame& start, int steps,
               const Tunables::Verify& tunables, Budget& budget) {
    Fit best{start, 0};
    Frame f = start;
    for (int k = 0; k <= steps; ++k) {
        if (!budget.spend(per_module == 1 ? 2 : 6)) break;
        const Frame before = f;
        double ncc = 0;
        if (!step(pattern, at.image, at.scale, f, ncc)) break;
        ncc *= sign;
        const bool settled = ncc < best.ncc + tunables.settled && k > 1;
        if (ncc > best.ncc) best = {before, ncc};
        if (settled || (k == 2 && best.ncc < tunables.least_after_two) || !plausible(f, start, tunables)) break;
    }
    return best;
}

// A sample a module brings the frame near for a quarter of the work; four settle it where that promises at least
// `least`. Correlation 0 where it does not, or what is found is no finder's frame.
Fit climb(const View& at, double sign, const Frame& start, double least, const Tunables::Verify& tunables,
          Budget& budget) {
    const Fit near = climb_with(coarse, at, sign, start, tunables.coarse_steps, tunables, budget);
    if (near.ncc < std::max(tunables.least_after_two, least - tunables.coarse_error)) return {start, 0};
    Fit fit = climb_with(fine, at, sign, near.frame, tunables.steps, tunables, budget);
    if (!plausible(fit.frame, start, tunables)) fit.ncc = 0;
    return fit;
}

// A fit may rest on half of the pattern, a ring's width aside and too narrow: starts from there once more on each
// side, widened.
void climb_out(const View& at, double sign, const Tunables::Verify& tunables, Budget& budget, Fit& fit) {
    const Frame f = fit.frame;
    for (const double side : {tunables.aside, -tunables.aside})
        for (const bool along_u : {true, false}) {
            Frame start = f;
            start.c = f.c + side * (along_u ? f.u : f.v);
            (along_u ? start.u : start.v) = tunables.wider * (along_u ? f.u : f.v);
            const Fit other = climb(at, sign, start, fit.ncc, tunables, budget);
            if (other.ncc > fit.ncc) fit = other;
            if (fit.ncc > tunables.certain) return;
        }
}

bool same(const Finder& a, Point centre, double module) {
    const double m = a.module();
    return distance(a.centre, centre) < 2 * std::min(m, module) && m < 1.6 * module && module < 1.6 * m;
}

}  // namespace

Status verify_finders(const VerifyIn& in, const Tunables::Verify& tunables, Context& context,
                      std::vector<Finder>& out) {
    std::uint64_t known = 0, rejected_look = 0, rejected_fit = 0, hopeless = 0;
    Scratch::Frame memory(context.scratch);
    auto looks = context.scratch.take<Look>(in.seeds.size());
    std::size_t n = 0;
    const auto is_known = [&](const Seed& seed, double module) {
        return std::any_of(out.begin(), out.end(),
                           [&](const Finder& f) { return f.ncc > tunables.certain && same(f, seed.centre, module); });
    };
    for (const Seed& seed : in.seeds) {
        if (!context.budget.spend(4)) return Status::budget;
        const Look l = look_around(in.pyramid, seed, tunables);
        if (l.ncc >= (seed.implied ? tunables.least_implied_look : tunables.least_look)) looks[n++] = l;
        else ++rejected_look;
    }
    looks = looks.first(n);
    std::sort(looks.begin(), looks.end(),
              [](const Look& a, const Look& b) { return a.ncc != b.ncc ? a.ncc > b.ncc : a.seed < b.seed; });
    int fits = 0, strong = 0;
    for (const Look& l : looks) {
        const Seed& seed = *l.seed;
        const double module = std::sqrt(std::fabs(cross(seed.u, seed.v)));
        if (is_known(seed, module)) {
            ++known;
            continue;
        }
        if (++fits > tunables.fits_on_trial && strong < tunables.least_strong * fits) {
            ++hopeless;
            continue;
        }
        const View at(in.pyramid, module, tunables);
        const double sign = seed.inverted ? -1 : 1;
        Fit best;
        const double least = seed.implied ? tunables.least_implied_ncc : tunables.least_ncc;
        for (int k = 0; k < l.turns; ++k) {
            const Frame start = turned(seed, l.turn[static_cast<std::size_t>(k)]);
            const Fit fit =
                climb(at, sign, start, std::max(best.ncc, least - tunables.coarse_shortfall), tunables, context.budget);
            if (fit.ncc > best.ncc) best = fit;
            if (best.ncc >= tunables.certain) break;
        }
        if (best.ncc > tunables.least_climb_out && best.ncc < tunables.certain)
            climb_out(at, sign, tunables, context.budget, best);
        if (context.budget.spent()) return Status::budget;
        if (best.ncc < least) {
            ++rejected_fit;
            continue;
        }
        strong += best.ncc > tunables.strong_ncc;
        Finder found{best.frame.c, best.frame.u, best.frame.v, static_cast<float>(best.ncc), seed.inverted};
        found.round = best.ncc < tunables.certain &&
                      sign * look(at.image, at.scale, eighth_turn(best.frame)) > best.ncc - tunables.round_difference;
        auto twin = std::find_if(out.begin(), out.end(),
                                 [&](const Finder& f) { return same(f, found.centre, found.module()); });
        if (twin == out.end()) out.push_back(found);
        else if (twin->ncc < found.ncc) *twin = found;
    }
    if (context.trace) {
        context.trace->reject("verify", "finder already known", known);
        context.trace->reject("verify", "first look", rejected_look);
        context.trace->reject("verify", "affine fit", rejected_fit);
        context.trace->reject("verify", "after too many weak fits", hopeless);
    }
    return Status::ok;
}

}  // namespace qrcore
