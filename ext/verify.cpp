#include "verify.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "interpolate.hpp"
#include "simd/clones.hpp"
#include "trace.hpp"

namespace qrcore {
namespace {

// The finder pattern with its quiet ring, 9 x 9 modules: dark is -1, light +1, by distance from the centre.
constexpr int ring_value(int ring) { return ring == 4 || ring == 2 ? 1 : -1; }
constexpr int ring_of(double s, double t) {
    const double a = s < 0 ? -s : s, b = t < 0 ? -t : t, m = a > b ? a : b;
    return static_cast<int>(m + 0.5);
}

// Sums run in so many lanes, each over every eighth column: the compiler may use vectors of any length, and the sums
// are the same everywhere.
constexpr std::size_t lanes = 8;
using Lanes = float[lanes];

inline double total(const Lanes& sum) {
    return static_cast<double>(((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7])));
}

// Template samples, `per_module` a module both ways, in rows filled up to whole lanes, with weights that give the quiet
// ring a half and nothing to what fills up.
template <int per_module>
struct Template {
    static constexpr std::size_t side = 9 * per_module, row = (side + lanes - 1) / lanes * lanes;
    static constexpr std::size_t wide = side + 2;  // with a sample more at each end
    using Samples = std::array<float, side * row>;
    Samples value{}, weight{};           // value: its weighted mean is zero
    std::array<float, row + 2> place{};  // of samples, from one before the first, in modules from the centre
    double weights = 0, square = 0;      // sums of the weights and of weight x value^2

    explicit constexpr Template(double mean) {
        for (std::size_t i = 0; i < place.size(); ++i) place[i] = (static_cast<float>(i) - 0.5f) / per_module - 4.5f;
        for (std::size_t j = 0; j < side; ++j)
            for (std::size_t i = 0; i < side; ++i) {
                const int ring = ring_of(place[i + 1], place[j + 1]);
                const double w = ring == 4 ? 0.5 : 1, v = ring_value(ring) - mean;
                weight[j * row + i] = static_cast<float>(w);
                value[j * row + i] = static_cast<float>(v);
                weights += w;
                square += w * v * v;
            }
    }
};

// Ring areas: core 1 + 8 dark, 16 light, 24 dark, 32 light at half weight: 33 dark and 16 + 16 light of 65.
constexpr double template_mean = (32.0 - 33.0) / 65.0;
constexpr Template<1> coarse(template_mean);
constexpr Template<2> fine(template_mean);

struct Frame {
    Point c, u, v;
};

// Normalised correlation with the pattern, positive for dark on light, and the regression of the picture on it.
struct Sums {
    double ncc, mean, gain, variance;
};

// The pattern at 9 x 9 points, for sums that are exact in integers: weights 2, in the quiet ring 1, and weight x value.
// Filled up with zeros to whole vectors.
struct Points {
    static constexpr int side = 9;
    using Samples = std::array<std::int16_t, 88>;
    Samples weight{}, value{};

    constexpr Points() {
        for (int j = 0; j < side; ++j)
            for (int i = 0; i < side; ++i) {
                const int ring = ring_of(i - 4, j - 4), w = ring == 4 ? 1 : 2;
                const auto k = static_cast<std::size_t>(j * side + i);
                weight[k] = static_cast<std::int16_t>(w);
                value[k] = static_cast<std::int16_t>(w * ring_value(ring));
            }
    }
};
constexpr Points points;

double correlate(const Points::Samples& luma) {
    constexpr double weights = 130, pattern_mean = 2 * (32.0 - 33.0) / weights;
    constexpr double pattern_square = weights - weights * pattern_mean * pattern_mean;
    std::int32_t sum = 0, product = 0, squares = 0;
    for (std::size_t k = 0; k < luma.size(); ++k) {
        sum += points.weight[k] * luma[k];
        product += points.value[k] * luma[k];
        squares += static_cast<std::int16_t>(points.weight[k] * luma[k]) * luma[k];
    }
    const double variance = squares - static_cast<double>(sum) * sum / weights;
    return variance > weights * 1e-6 ? (product - pattern_mean * sum) / std::sqrt(variance * pattern_square) : 0;
}

// Correlation at the nearest pixels of 9 x 9 points.
double look(const ImageView& image, double scale, const Frame& f) {
    constexpr int side = Points::side, last = side - 1;
    // 16.16 fixed point: the same places on every target.
    const double fine = 65536 / scale;
    const auto fixed = [fine](double v) { return static_cast<std::int64_t>(v * fine); };
    const std::int64_t ux = fixed(f.u.x), uy = fixed(f.u.y), vx = fixed(f.v.x), vy = fixed(f.v.y);
    const std::int64_t start_x = fixed(f.c.x) - 4 * (ux + vx), start_y = fixed(f.c.y) - 4 * (uy + vy);
    const auto within = [](std::int64_t start, std::int64_t u, std::int64_t v, int size) {
        const std::int64_t low = std::min(u, std::int64_t{0}) + std::min(v, std::int64_t{0});
        const std::int64_t high = std::max(u, std::int64_t{0}) + std::max(v, std::int64_t{0});
        return start + last * low >= 0 && (start + last * high) >> 16 < size;
    };
    Points::Samples luma{};
    const auto sample = [&luma](auto&& pixel) {
        for (std::size_t j = 0, k = 0; j < side; ++j)
            for (std::size_t i = 0; i < side; ++i) luma[k++] = pixel(i, j);
    };
    const bool inside = within(start_x, ux, vx, image.width) && within(start_y, uy, vy, image.height);
    const bool upright = uy == 0 && vx == 0, on_corner = ux == -vx && uy == vy;
    if (inside && (upright || on_corner)) {  // most are; their points share columns and rows of pixels
        std::ptrdiff_t column[2 * side - 1];
        const std::uint8_t* row[2 * side - 1];
        const std::int64_t left = on_corner ? start_x - last * ux : start_x;
        for (int k = 0; k < (on_corner ? 2 * side - 1 : side); ++k) {
            column[k] = static_cast<std::ptrdiff_t>((left + k * ux) >> 16);
            row[k] = image.row(static_cast<int>((start_y + k * vy) >> 16));
        }
        if (upright) sample([&](std::size_t i, std::size_t j) { return row[j][column[i]]; });
        else sample([&](std::size_t i, std::size_t j) { return row[i + j][column[i + last - j]]; });
        return correlate(luma);
    }
    const auto walk = [&](auto&& pixel) {
        for (int j = 0, k = 0; j < side; ++j) {
            std::int64_t x = start_x + j * vx, y = start_y + j * vy;
            for (int i = 0; i < side; ++i, x += ux, y += uy)
                luma[static_cast<std::size_t>(k++)] = pixel(x >> 16, y >> 16);
        }
    };
    if (inside) walk([&](std::int64_t x, std::int64_t y) { return image.data[y * image.stride + x]; });
    else  // a place outside the picture is its nearest pixel
        walk([&](std::int64_t x, std::int64_t y) {
            return image.data[std::clamp<std::int64_t>(y, 0, image.height - 1) * image.stride +
                              std::clamp<std::int64_t>(x, 0, image.width - 1)];
        });
    return correlate(luma);
}

template <std::size_t size>
double sum(const std::array<float, size>& a) {
    Lanes sum{};
    for (std::size_t k = 0; k < size; k += lanes)
        for (std::size_t l = 0; l < lanes; ++l) sum[l] += a[k + l];
    return total(sum);
}

// Sum of a[k] b[k].
template <std::size_t size>
double inner(const std::array<float, size>& a, const std::array<float, size>& b) {
    Lanes sum{};
    for (std::size_t k = 0; k < size; k += lanes)
        for (std::size_t l = 0; l < lanes; ++l) sum[l] += a[k + l] * b[k + l];
    return total(sum);
}

// `inside` is the first sample of the picture, in rows of `wide`.
template <int per_module>
QRCORE_CLONES Sums correlate(const Template<per_module>& pattern, const float* inside) {
    typename Template<per_module>::Samples luma, weighted;
    for (std::size_t j = 0; j < pattern.side; ++j)
        std::copy_n(inside + j * pattern.wide, pattern.row, luma.begin() + j * pattern.row);
    for (std::size_t k = 0; k < luma.size(); ++k) weighted[k] = pattern.weight[k] * luma[k];
    const double mean = sum(weighted) / pattern.weights, product = inner(weighted, pattern.value);
    const double variance = inner(weighted, luma) - mean * mean * pattern.weights;
    return {variance > 1e-3 * pattern.weights ? product / std::sqrt(variance * pattern.square) : 0, mean,
            product / pattern.square, variance};
}

// The normal equations of a step.
struct Normal {
    std::array<double, 36> a;
    std::array<double, 6> b;
};

// Unknown: d(c) = a u + d v, d(u) = b u + e v, d(v) = c u + f v, in the order a b c d e f. The matrix has blocks
// along_u^2, along_u along_v and along_v^2, each with the moments 1 s t / s s^2 st / t st t^2 at s, t modules from the
// centre, and so has the right side the moments 1 s t of what is left over. Down the columns first, where s is the
// same.
template <int per_module>
QRCORE_CLONES void set_up(const Template<per_module>& pattern, const float* inside, const Sums& sums, Normal& out) {
    const auto mean = static_cast<float>(sums.mean), gain = static_cast<float>(sums.gain);
    constexpr std::size_t wide = Template<per_module>::wide;
    constexpr float slope = 0.5f * per_module;  // to derivatives along the axes, a module
    Lanes moment[3][6]{}, left[2][3]{};
    for (std::size_t i = 0; i < pattern.row; i += lanes) {
        Lanes uu[3]{}, uv[3]{}, vv[3]{}, ur[2]{}, vr[2]{};  // times 1, t, t^2
        for (std::size_t j = 0; j < pattern.side; ++j) {
            const float *luma = inside + j * wide + i, *value = &pattern.value[j * pattern.row + i];
            const float* weight = &pattern.weight[j * pattern.row + i];
            const float t = pattern.place[j + 1];
            for (std::size_t l = 0; l < lanes; ++l) {
                const float u = slope * (luma[l + 1] - *(luma + l - 1)),
                            v = slope * (luma[l + wide] - *(luma + l - wide));
                const float weighted_u = weight[l] * u, weighted_v = weight[l] * v;
                const float r = gain * value[l] + mean - luma[l];
                const auto add = [l, t](Lanes* sums, float x, int powers) {
                    for (int k = 0; k < powers; ++k, x *= t) sums[k][l] += x;
                };
                add(uu, weighted_u * u, 3);
                add(uv, weighted_u * v, 3);
                add(vv, weighted_v * v, 3);
                add(ur, weighted_u * r, 2);
                add(vr, weighted_v * r, 2);
            }
        }
        for (std::size_t l = 0; l < lanes; ++l) {
            const float s = pattern.place[i + l + 1];
            const auto add = [l, s](Lanes* moments, const Lanes* sums) {  // 1, s, t
                moments[0][l] += sums[0][l];
                moments[1][l] += s * sums[0][l];
                moments[2][l] += sums[1][l];
            };
            int block = 0;
            for (const Lanes* sums : {uu, uv, vv}) {
                add(moment[block], sums);
                moment[block][3][l] += s * s * sums[0][l];
                moment[block][4][l] += s * sums[1][l];
                moment[block++][5][l] += sums[2][l];
            }
            add(left[0], ur);
            add(left[1], vr);
        }
    }
    constexpr std::size_t place[9] = {0, 1, 2, 1, 3, 4, 2, 4, 5};
    for (const auto& [block, row, column] : {std::array<std::size_t, 3>{0, 0, 0}, {1, 0, 3}, {2, 3, 3}}) {
        double sum[6];
        for (std::size_t m = 0; m < 6; ++m) sum[m] = total(moment[block][m]);
        for (std::size_t k = 0; k < 9; ++k) {
            const std::size_t r = row + k / 3, c = column + k % 3;
            out.a[r * 6 + c] = out.a[c * 6 + r] = sum[place[k]];
        }
    }
    for (std::size_t k = 0; k < 6; ++k) out.b[k] = total(left[k / 3][k % 3]);
}

// The picture under the pattern's samples, and a sample around them.
template <int per_module>
struct Sampled {
    static constexpr std::size_t wide = Template<per_module>::wide;
    float luma[wide * wide + lanes];

    const float* inside() const { return luma + wide + 1; }
};

template <int per_module>
QRCORE_CLONES Sums look_at(const Template<per_module>& pattern, const ImageView& image, double scale, const Frame& f,
                           Sampled<per_module>& out) {
    constexpr std::size_t wide = Template<per_module>::wide;
    float x[wide * wide], y[wide * wide];
    const auto to = static_cast<float>(1 / scale);
    const float cx = static_cast<float>(f.c.x) * to, cy = static_cast<float>(f.c.y) * to;
    const float ux = static_cast<float>(f.u.x) * to, uy = static_cast<float>(f.u.y) * to;
    const float vx = static_cast<float>(f.v.x) * to, vy = static_cast<float>(f.v.y) * to;
    for (std::size_t j = 0; j < wide; ++j) {
        const float right = pattern.place[j] * vx, down = pattern.place[j] * vy;
        for (std::size_t i = 0; i < wide; ++i) {
            x[j * wide + i] = cx + pattern.place[i] * ux + right;
            y[j * wide + i] = cy + pattern.place[i] * uy + down;
        }
    }
    bilinear(image, x, y, out.luma);
    std::fill_n(out.luma + wide * wide, lanes, 0.0f);  // the last lanes of the last row
    return correlate(pattern, out.inside());
}

// One Gauss-Newton step of the frame towards the picture, which was sampled there: what it should add to the
// correlation, if the picture were as straight as its derivatives. None where it cannot be solved.
template <int per_module>
std::optional<double> step(const Template<per_module>& pattern, const Sampled<per_module>& picture, const Sums& sums,
                           Frame& f) {
    Normal normal;
    set_up(pattern, picture.inside(), sums, normal);
    auto& [a, b] = normal;
    const auto right = b;
    for (std::size_t p = 0; p < 6; ++p) {
        a[p * 6 + p] *= 1.001;  // a flat direction stays put
        a[p * 6 + p] += 1e-9;
    }
    if (!solve_spd(a.data(), b.data(), 6)) return std::nullopt;
    // By how much the weighted sum of squares should fall.
    const double nearer = std::inner_product(b.begin(), b.end(), right.begin(), 0.0);
    for (double& v : b) v = std::clamp(v, -0.5, 0.5);
    const Frame old = f;
    f.c = old.c + b[0] * old.u + b[3] * old.v;
    f.u = (1 + b[1]) * old.u + b[4] * old.v;
    f.v = b[2] * old.u + (1 + b[5]) * old.v;
    return nearer / (2 * std::fabs(sums.ncc) * sums.variance);
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

// How a seed looks before any fit: the best of four turns and the next, if that is near it. Small, since noise has
// hundreds of thousands.
struct Look {
    double ncc = -1;
    std::uint32_t seed = 0;  // its index
    std::array<std::uint8_t, 2> turn{};
    std::uint8_t turns = 0;
};

Look look_around(const Pyramid& pyramid, const Seed& seed, const Tunables::Verify& tunables) {
    const View at(pyramid, std::sqrt(std::fabs(cross(seed.u, seed.v))), tunables);
    std::array<double, 4> ncc{};
    for (const int k : {0, 2, 1, 3}) {
        ncc[static_cast<std::size_t>(k)] = (seed.inverted ? -1 : 1) * look(at.image, at.scale, turned(seed, k));
        if (k == 2 && std::max(ncc[0], ncc[2]) < tunables.least_first_look && !seed.implied) return {};
    }
    const auto best = std::max_element(ncc.begin(), ncc.end());
    Look out{*best, 0, {static_cast<std::uint8_t>(best - ncc.begin()), 0}, 1};
    *best = -2;
    const auto second = std::max_element(ncc.begin(), ncc.end());
    out.turn[1] = static_cast<std::uint8_t>(second - ncc.begin());
    if (*second > out.ncc - tunables.second_look) out.turns = 2;
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
    Sampled<per_module> picture;
    for (int k = 0; k <= steps; ++k) {
        if (!budget.spend(per_module == 1 ? 2 : 6)) break;
        const Sums sums = look_at(pattern, at.image, at.scale, f, picture);
        const double ncc = sign * sums.ncc;
        if (ncc <= best.ncc) break;
        best = {f, ncc};
        if (k == steps || (k == 2 && ncc < tunables.least_after_two)) break;
        const auto gain = step(pattern, picture, sums, f);
        if (!gain || !plausible(f, start, tunables)) break;
        if (*gain < (per_module == 1 ? tunables.near : tunables.settled)) return {f, ncc + *gain};  // not looked at
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
    const Point apart = a.centre - centre;
    if (dot(apart, apart) > 4.01 * module * module) return false;  // nearly always, and without a root
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
    const double least_look = in.live ? tunables.least_live_look : tunables.least_look;
    for (const Seed& seed : in.seeds) {
        if (!context.budget.spend(4)) return Status::budget;
        Look l = look_around(in.pyramid, seed, tunables);
        l.seed = static_cast<std::uint32_t>(&seed - in.seeds.data());
        if (l.ncc >= (seed.implied ? tunables.least_implied_look : least_look)) looks[n++] = l;
        else ++rejected_look;
    }
    looks = looks.first(n);
    // A heap, as sorting all of them would not look at the clock for milliseconds.
    const auto later = [](const Look& a, const Look& b) { return a.ncc != b.ncc ? a.ncc < b.ncc : a.seed > b.seed; };
    std::make_heap(looks.begin(), looks.end(), later);
    int fits = 0, strong = 0;
    for (auto end = looks.end(); end != looks.begin();) {
        if (!context.budget.spend(static_cast<std::uint32_t>(out.size() / 512 + 1))) return Status::budget;
        std::pop_heap(looks.begin(), end, later);
        const Look& l = *--end;
        const Seed& seed = in.seeds[l.seed];
        const double module = std::sqrt(std::fabs(cross(seed.u, seed.v)));
        if (is_known(seed, module)) {
            ++known;
            continue;
        }
        if (fits >= in.least_fits && in.fits >= tunables.fits_on_trial && strong < tunables.least_strong * fits) {
            ++hopeless;
            continue;
        }
        ++fits;
        ++in.fits;
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
