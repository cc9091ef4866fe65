// Stage "decide": from luminance to soft bits, each against the black and white around it.
#pragma once

#include <cstdint>
#include <span>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct DecideIn {
    bool inverted;                       // dark and light change places
    std::span<const std::int8_t> known;  // a value a module: +1 dark, -1 light, 0 not known
};

// Level maps: the mean of what was decided dark, and of what was decided light, over a Gaussian neighbourhood;
// known modules are forced. Fills black and white of the lattice. Status::contrast or Status::ok.
Status decide(const DecideIn& in, const Tunables::Decide& tunables, Context& context, Lattice& lattice, Modules& out);

}  // namespace qrcore
