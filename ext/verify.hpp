// Stage "verify": which seeds are finder patterns, by an affine fit of the ideal pattern to the picture.
#pragma once

#include <vector>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct VerifyIn {
    const Pyramid& pyramid;
    const std::vector<Seed>& seeds;
    int least_fits;  // that are made however many were in vain
    int& fits;       // made for this picture so far
    bool live;       // a frame that others add to
};

// A look at 9 x 9 points in four turns first, then Gauss-Newton over the six numbers of the affine frame (Lucas and
// Kanade, 1981, with gain and offset taken out). Appends what is not in `out` yet.
// Status::budget or Status::ok.
Status verify_finders(const VerifyIn& in, const Tunables::Verify& tunables, Context& context, std::vector<Finder>& out);

}  // namespace qrcore
