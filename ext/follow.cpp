#include "follow.hpp"

#include <algorithm>
#include <cstdint>

namespace qrcore {
namespace {

// Calls `take` with each symbol that may be seen again, moved to where it should be in the picture.
template <class Take>
void each_expected(const Sums& sums, const Following& following, const Tunables::Follow& tunables, Take take) {
    for (const Sum& sum : sums.all) {
        const std::uint64_t apart = following.frame - sum.frame;
        if (sum.finders != 3 || apart > static_cast<std::uint64_t>(tunables.most_apart)) continue;
        Place place = static_cast<const Place&>(sum);
        place.move(static_cast<double>(apart) * sum.speed - following.origin);
        take(place);
    }
}

// The nearest finder, -1 where none is near enough.
int nearest(const std::vector<Finder>& finders, const Finder& expected, double most) {
    int best = -1;
    double least = most * expected.module();
    for (std::size_t i = 0; i < finders.size(); ++i) {
        const double d = distance(finders[i].centre, expected.centre);
        if (finders[i].inverted == expected.inverted && d < least) least = d, best = static_cast<int>(i);
    }
    return best;
}

}  // namespace

void expect_finders(const Sums& sums, const Following& following, const Tunables::Follow& tunables,
                    std::vector<Seed>& out) {
    each_expected(sums, following, tunables, [&](const Place& place) {
        for (const Finder& f : place.finder) out.push_back({f.centre, f.u, f.v, false, f.inverted, true});
    });
}

void expect_candidates(const Sums& sums, const Following& following, const std::vector<Finder>& finders,
                       const Tunables::Follow& tunables, std::vector<Candidate>& out) {
    each_expected(sums, following, tunables, [&](const Place& place) {
        Candidate c;
        for (int k = 0; k < 3; ++k) {
            c.index[k] = nearest(finders, place.finder[k], tunables.most_modules_aside);
            if (c.index[k] < 0) return;
            c.finder[k] = finders[static_cast<std::size_t>(c.index[k])];
        }
        // Two symbols that took turns at one place have the same finders.
        const auto same = [&](const Candidate& o) { return std::equal(c.index, c.index + 3, o.index); };
        if (const auto twin = std::find_if(out.begin(), out.end(), same); twin != out.end()) {
            int* end = twin->version + twin->versions;
            if (twin->versions < Candidate::max_versions && std::find(twin->version, end, place.layout->version) == end)
                twin->version[twin->versions++] = place.layout->version;
            return;
        }
        c.spec = place.spec;
        c.finders = 3;
        c.score = tunables.score;
        c.version[c.versions++] = place.layout->version;
        c.outline = place.corners;
        c.inverted = place.inverted;
        c.status = Status::timing;
        out.push_back(c);
    });
}

}  // namespace qrcore
