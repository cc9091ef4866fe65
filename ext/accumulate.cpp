#include "accumulate.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace qrcore {
namespace {

// Where the message bits are placed that belong to check codewords at every level of this version: the lowest level
// has fewest. Remainder bits, the same in every symbol, are left out.
std::span<const ModuleAt> check_places(const SymbologySpec& spec, const Layout& layout) {
    int first = 0, end = 0;
    for (const Level level : {Level::L, Level::M, Level::Q, Level::H}) {
        Blocks blocks;
        if (!spec.blocks(layout.version, level, blocks)) continue;
        first = std::max(first, 8 * blocks.data_total());
        end = 8 * blocks.total() - spec.stream.lead_bits - spec.stream.missing_bits(layout.version);
    }
    return std::span(layout.placement).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first));
}

// The expectation of a bit, as +1 or -1, from its log-likelihood: tanh(x / 2), nearly.
double soft(double x) { return x / std::sqrt(4 + x * x); }

// Log odds of the check bits being the same in both, rather than of two codes: of each bit log(1 + p), p the product
// of its expectations, to second order.
double log_odds(const Sighting& seen, double scale, const Sum& sum, std::span<const ModuleAt> check) {
    double odds = 0;
    for (const ModuleAt m : check) {
        const std::size_t at = static_cast<std::size_t>(m.y) * static_cast<std::size_t>(seen.modules.size.width) + m.x;
        const double p = soft(scale * seen.modules.llr[at]) * soft(sum.modules.llr[at]);
        odds += p - p * p / 2;
    }
    return odds;
}

bool in_its_place(const Sighting& seen, const Sum& sum, const Tunables::Accumulate& tunables) {
    if (seen.layout != sum.layout || seen.spec != sum.spec || seen.inverted != sum.inverted) return false;
    const double side = std::sqrt(std::fabs(doubled_area(sum.corners)) / 2);
    const double ratio = std::sqrt(std::fabs(doubled_area(seen.corners)) / 2) / side;
    if (!(std::max(ratio, 1 / ratio) < tunables.most_growth)) return false;
    for (std::size_t k = 0; k < 4; ++k)
        if (distance(seen.corners[k], sum.corners[k]) > tunables.most_shift * side) return false;
    return true;
}

}  // namespace

Status accumulate(const AccumulateIn& in, const Tunables::Accumulate& tunables, Context& context, Sums& out) {
    const Sighting& seen = in.seen;
    const std::size_t n = seen.modules.llr.size();
    if (!context.budget.spend(static_cast<std::uint32_t>(1 + n / 64))) return Status::budget;
    const auto old = [&](const Sum& s) {
        return in.frame - s.frame > static_cast<std::uint64_t>(tunables.most_absence);
    };
    std::erase_if(out.all, old);
    const double scale = std::min(tunables.most_scale, 2 * seen.mean / (seen.deviation * seen.deviation));
    const auto check = check_places(*seen.spec, *seen.layout);
    double best = tunables.least_log_odds;
    std::size_t k = out.all.size();
    for (std::size_t i = 0; i < out.all.size(); ++i) {
        if (!in_its_place(seen, out.all[i], tunables)) continue;
        const double odds = log_odds(seen, scale, out.all[i], check);
        if (odds > best) best = odds, k = i;
    }
    if (k == out.all.size()) {
        if (k == static_cast<std::size_t>(tunables.most_sums)) {
            k = static_cast<std::size_t>(
                std::min_element(out.all.begin(), out.all.end(),
                                 [](const Sum& a, const Sum& b) { return a.frame < b.frame; }) -
                out.all.begin());
            out.all[k] = {};
        } else {
            out.all.emplace_back();
        }
    }
    Sum& sum = out.all[k];
    out.latest = k;
    if (sum.frames > 0 && sum.frame == in.frame) return Status::ok;
    if (sum.frames == 0) {
        sum.modules.size = seen.modules.size;
        sum.modules.llr.assign(n, 0);
    }
    if (sum.frames > 0)
        sum.speed =
            1.0 / static_cast<double>(in.frame - sum.frame) * (centre_of(seen.corners) - centre_of(sum.corners));
    static_cast<Place&>(sum) = static_cast<const Place&>(seen);
    for (std::size_t i = 0; i < n; ++i) sum.modules.llr[i] += static_cast<float>(scale) * seen.modules.llr[i];
    sum.frame = in.frame;
    ++sum.frames;
    return Status::ok;
}

}  // namespace qrcore
