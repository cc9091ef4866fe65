// Where the symbols of the last frames should be by now: seeds for `verify`, and candidates of what it finds.
#pragma once

#include <vector>

#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

// Appends an implied seed for each finder of each symbol with three that was seen a moment ago, as far on as it moves.
void expect_finders(const Sums& sums, const Following& following, const Tunables::Follow& tunables,
                    std::vector<Seed>& out);

// Appends a candidate for each of these symbols whose finders are among `finders` near where they should be.
void expect_candidates(const Sums& sums, const Following& following, const std::vector<Finder>& finders,
                       const Tunables::Follow& tunables, std::vector<Candidate>& out);

}  // namespace qrcore
