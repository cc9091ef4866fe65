// The elastic part of a grid: a smooth displacement field fitted to scattered observations.
#pragma once

#include <span>

#include "context.hpp"
#include "types.hpp"

namespace qrcore {

// What is known of the displacement at one place, in modules; the two directions have weights of their own.
struct Displacement {
    Point at;     // module coordinates
    Point value;  // where the module really lies, less `at`
    double weight_u, weight_v;
};

// Lays nodes about every `spacing` modules over the symbol (at most `most_nodes` a side) with no displacement.
void make_mesh(double spacing, int most_nodes, Grid& grid);

// Minimises sum of weight * (displacement - value)^2 + stiffness * bending energy over the nodes, where the bending
// energy is the sum of squared second differences (a thin plate on a lattice). Banded Cholesky.
// What nothing holds stays where it is: every node is drawn to no displacement by a weight of 1e-6. False where the
// weights are no numbers or the budget ends.
bool fit_mesh(std::span<const Displacement> observed, double stiffness, Context& context, Grid& grid);

}  // namespace qrcore
