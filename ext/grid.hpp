// Stage "grid": where the modules of a candidate lie, from its finder corners and the alignment patterns.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct GridIn {
    const Pyramid& pyramid;
    const Candidate& candidate;
    const Layout& layout;
    bool alignment;  // look for the alignment patterns; some symbols have none where they should be
};

// A homography through the twelve outer corners of the finders, then through the alignment patterns that are found
// near where it expects them, nearest to the finders first. From version 7 on, where they are many, what the plane
// cannot explain goes into the mesh. A symbol with one finder is held by its timing patterns and its quiet zone
// instead. Status::grid or Status::ok.
Status make_grid(const GridIn& in, const Tunables::Grid& tunables, Context& context, Grid& out);

}  // namespace qrcore
