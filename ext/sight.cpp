#include "sight.hpp"

#include <algorithm>
#include <cmath>

namespace qrcore {

Status sight(const SightIn& in, const Tunables::Sight& tunables, Context& context, Sighting& out) {
    const std::size_t n = in.layout.role.size();
    if (!context.budget.spend(static_cast<std::uint32_t>(1 + n / 256))) return Status::budget;
    double sum = 0, squares = 0;
    int fixed = 0;
    for (std::size_t k = 0; k < n; ++k) {
        const Role role = in.layout.role[k];
        if (role != Role::dark && role != Role::light) continue;
        const double value = role == Role::dark ? in.modules.llr[k] : -in.modules.llr[k];
        sum += value;
        squares += value * value;
        ++fixed;
    }
    const double mean = sum / fixed, deviation = std::sqrt(std::max(squares / fixed - mean * mean, 1e-6));
    if (mean < tunables.least_evidence * deviation) return Status::function_pattern;
    if (out.layout && mean * out.deviation <= out.mean * deviation) return Status::function_pattern;
    const Candidate& c = in.candidate;
    static_cast<Place&>(out) = {c.spec,    &in.layout, in.grid.outline(), {c.finder[0], c.finder[1], c.finder[2]},
                                c.finders, c.inverted};
    out.modules = in.modules;
    out.mean = mean;
    out.deviation = deviation;
    return Status::ok;
}

}  // namespace qrcore
