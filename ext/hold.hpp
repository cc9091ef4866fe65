// The plane of a symbol with a single finder, held by the modules whose colour is fixed.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

// The plane that the finder's frame and the candidate's tilt say.
Homography plane_of(const Candidate& candidate);

// Moves the corners of `h` (module coordinates to picture) to where the fixed modules and the quiet zone show best,
// first near the finder, then as far again as the grid may be trusted. Where nothing is fixed in the far corner, the
// data holds it too: its modules are black or white. Status::grid where the plane folds, Status::budget or Status::ok.
Status hold(const Pyramid& pyramid, const Layout& layout, const Tunables::Grid& tunables, Context& context,
            Homography& h);

}  // namespace qrcore
