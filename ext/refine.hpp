// Stage "refine": bends the grid until the edges between modules fall on its lines, without knowing the bits.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

// What tells how far the grid is off: the borders between modules, or the even inside of modules.
enum class Clue : std::uint8_t { edges, eyes };

struct RefineIn {
    const Pyramid& pyramid;
    const Candidate& candidate;
    Clue clue;
    bool soft;  // bend more sharply
};

// Edges lie at whole module coordinates, so the phase of the gradient's first harmonic over a neighbourhood tells how
// far the grid is off there: no search. Eyes are the other way round: at the centres of modules luminance is
// farthest from the mean around; they stand more speckle, edges more bending. The mesh is fitted to the phases, growing
// from the finders and timing patterns, where the grid is right to less than half a module. Status::budget or
// Status::ok.
Status refine(const RefineIn& in, const Tunables::Refine& tunables, Context& context, Grid& grid);

}  // namespace qrcore
