// Stage "refine": bends the grid until the edges between modules fall on its lines, without knowing the bits.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct RefineIn {
    const Pyramid& pyramid;
    const Candidate& candidate;
};

// Edges lie at whole module coordinates, so the phase of the gradient's first harmonic over a neighbourhood tells how
// far the grid is off there: no search. The mesh is fitted to the phases, growing from the finders and timing
// patterns, where the grid is right to less than half a module. Status::budget or Status::ok.
Status refine(const RefineIn& in, const Tunables::Refine& tunables, Context& context, Grid& grid);

}  // namespace qrcore
