#include "equalize.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace qrcore {
namespace {

constexpr int taps = 25, lanes = 32;  // the taps and a constant, padded to whole vectors
using Features = std::array<float, lanes>;

// The lattice with its light taken out: +1 where black, -1 where white.
std::span<float> normalised(const EqualizeIn& in, double least_half, Scratch& scratch) {
    const Lattice& l = in.lattice;
    auto out = scratch.take<float>(l.luma.size());
    const int w = l.layout->size.width, h = l.layout->size.height;
    std::size_t k = 0;
    for (int j = 0; j < l.height; ++j) {
        const int y = std::clamp(j / 2 - Lattice::margin, 0, h - 1);
        for (int i = 0; i < l.width; ++i, ++k) {
            const int x = std::clamp(i / 2 - Lattice::margin, 0, w - 1);
            const auto m = static_cast<std::size_t>(y) * w + x;
            const float luma = in.inverted ? 255 - l.luma[k] : l.luma[k];
            const float half = std::max((l.white[m] - l.black[m]) / 2, static_cast<float>(least_half));
            out[k] = std::clamp(((l.black[m] + l.white[m]) / 2 - luma) / half, -2.0f, 2.0f);
        }
    }
    return out;
}

void gather(const Lattice& l, std::span<const float> samples, int x, int y, Features& f) {
    const float* at = samples.data() + l.centre(x, y) - 2 * static_cast<std::size_t>(l.width) - 2;
    for (int j = 0; j < 5; ++j, at += l.width)
        for (int i = 0; i < 5; ++i) f[static_cast<std::size_t>(5 * j + i)] = at[i];
    f[taps] = 1;
    for (std::size_t k = taps + 1; k < lanes; ++k) f[k] = 0;
}

float filtered(const Features& filter, const Features& f) {
    std::array<float, 8> sum{};
    for (std::size_t k = 0; k < lanes; k += 8)
        for (std::size_t i = 0; i < 8; ++i) sum[i] += filter[k + i] * f[k + i];
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

// Normal equations of weighted least squares.
struct Equations {
    std::array<Features, taps + 1> gram{};
    Features right{};

    void add(const Features& f, float target, float weight) {
        for (std::size_t p = 0; p <= taps; ++p) {
            const float wp = weight * f[p];
            for (std::size_t q = 0; q < lanes; ++q) gram[p][q] += wp * f[q];
        }
        for (std::size_t q = 0; q < lanes; ++q) right[q] += weight * target * f[q];
    }
    // The filter, drawn towards the plain centre tap by `ridge`.
    bool solve(double ridge, Features& filter) const {
        constexpr int n = taps + 1;
        std::array<double, n * n> a;
        std::array<double, n> b;
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q = 0; q < n; ++q) a[p * n + q] = gram[p][q];
            a[p * n + p] += ridge;
            b[p] = right[p] + (p == taps / 2 ? ridge : 0);
        }
        if (!solve_spd(a.data(), b.data(), n)) return false;
        filter = {};
        for (std::size_t p = 0; p < n; ++p) filter[p] = static_cast<float>(b[p]);
        return true;
    }
};

}  // namespace

Status equalize(const EqualizeIn& in, const Tunables::Equalize& tunables, Context& context, Modules& modules) {
    const Size size = modules.size;
    const auto n = static_cast<std::size_t>(size.width) * size.height;
    Scratch::Frame frame(context.scratch);
    const auto samples = normalised(in, tunables.least_half_contrast, context.scratch);
    auto soft = context.scratch.take<float>(n);
    Features filter{}, f;
    // Large symbols have more modules than the filter needs.
    const int stride = std::max(1, static_cast<int>(n / static_cast<std::size_t>(tunables.most_training)));

    const int rounds = in.decided ? tunables.rounds : 0;
    for (int round = 0; round <= rounds; ++round) {
        if (!context.budget.spend(static_cast<std::uint32_t>(std::min<std::size_t>(n, 8000) / 8)))
            return Status::budget;
        Equations equations;
        int turn = 0;
        for (int y = 0, k = 0; y < size.height; ++y) {
            if (y % 8 == 0 && !context.budget.look()) return Status::budget;
            for (int x = 0; x < size.width; ++x, ++k) {
                const bool known = in.known[k] != 0;
                if (!known && (round == 0 || ++turn % stride != 0)) continue;
                const float sure = known ? 1.0f : std::min(std::fabs(soft[k]), 1.0f);
                const float target = known ? static_cast<float>(in.known[k]) : soft[k] > 0 ? 1.0f : -1.0f;
                const float weight = known ? 1.0f : static_cast<float>(tunables.decided_weight) * sure * sure;
                gather(in.lattice, samples, x, y, f);
                equations.add(f, target, weight);
            }
        }
        if (!equations.solve(tunables.ridge, filter)) return Status::ok;
        for (int y = 0, k = 0; y < size.height; ++y) {
            if (y % 8 == 0 && !context.budget.look()) return Status::budget;
            for (int x = 0; x < size.width; ++x, ++k) {
                gather(in.lattice, samples, x, y, f);
                soft[k] = filtered(filter, f);
            }
        }
    }
    for (std::size_t k = 0; k < n; ++k)
        modules.llr[k] = static_cast<float>(tunables.llr_scale) * std::clamp(soft[k], -1.5f, 1.5f);
    return Status::ok;
}

}  // namespace qrcore
