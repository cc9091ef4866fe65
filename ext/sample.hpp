// Stage "sample": luminance of the symbol at half-module steps.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct SampleIn {
    const Pyramid& pyramid;
    const Grid& grid;
    bool whole;  // all of the lattice, not the module centres alone
};

// Reads the pyramid level whose pixels are about a third of a module, so that a sample is an area mean.
// Status::grid where too much of the symbol lies outside the picture, Status::budget or Status::ok.
Status sample(const SampleIn& in, const Tunables::Sample& tunables, Context& context, Lattice& out);

}  // namespace qrcore
