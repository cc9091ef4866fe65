// Stage "accumulate": sums the soft modules of one symbol over the frames of a camera.
#pragma once

#include <cstdint>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct AccumulateIn {
    const Sighting& seen;
    std::uint64_t frame;  // its number; they ascend
};

// Adds what was seen to the sum that it belongs to, which is out.latest then, or begins one. It belongs where size,
// place and colours are the same and the check codewords agree: two symbols whose texts differ in a single character
// differ in half of their check bits, so a code that changed under the camera gets a sum of its own. Each frame counts
// by its fixed modules, whose values are known: their mean over their variance is what turns values into
// log-likelihoods, and no frame counts twice. Sums that nothing was added to for a while are dropped.
// Status::budget or Status::ok.
Status accumulate(const AccumulateIn& in, const Tunables::Accumulate& tunables, Context& context, Sums& out);

}  // namespace qrcore
