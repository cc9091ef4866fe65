// Stage "pairs": where the third finder pattern of a symbol must be when only two were seen.
#pragma once

#include <vector>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct PairsIn {
    const std::vector<Finder>& finders;
};

// Two finders of one symbol lie along a side of it or along its diagonal; either way the third has two places on
// each side of them. Appends implied seeds around these places, which verify then measures by a lower standard.
// Status::budget or Status::ok.
Status imply_finders(const PairsIn& in, const Tunables::Pairs& tunables, Context& context, std::vector<Seed>& out);

}  // namespace qrcore
