// Stage "sight": what an attempt leaves for the frames to come, whether it was read or not.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct SightIn {
    const Candidate& candidate;
    const Layout& layout;
    const Grid& grid;
    const Modules& modules;
};

// Keeps the modules where the fixed ones, whose values are known, came out better than those that are kept already;
// out.layout is null where none are. Status::function_pattern (not kept), Status::ok.
Status sight(const SightIn& in, const Tunables::Sight& tunables, Context& context, Sighting& out);

}  // namespace qrcore
