// Stage "equalize": undoes blur and the leak between modules, and decides again.
#pragma once

#include <cstdint>
#include <span>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct EqualizeIn {
    const Lattice& lattice;  // with its level maps
    bool inverted;
    std::span<const std::int8_t> known;  // a value a module: +1 dark, -1 light, 0 not known
    bool decided = true;                 // train on decided modules too; where many are covered, they mislead
};

// A linear filter of 5 x 5 taps at half-module steps that gives the known modules their value (least squares with a
// ridge towards no filter), trained again on what it decided, weighted by how sure it was: a fractionally spaced,
// decision-directed equalizer. Replaces the values of `modules`. Status::budget or Status::ok.
Status equalize(const EqualizeIn& in, const Tunables::Equalize& tunables, Context& context, Modules& modules);

}  // namespace qrcore
