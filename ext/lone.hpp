// Stage "lone": symbols with a single finder pattern, from the timing patterns and the format information beside it.
#pragma once

#include <span>
#include <vector>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

// A symbology with one finder. The first copy of its format information stands at the same places in every version
// and names the version.
struct LoneKind {
    const SymbologySpec* spec;
    const Layout* layout;  // of any version
};

struct LoneIn {
    const Pyramid& pyramid;
    const std::vector<Finder>& finders;
    std::span<const LoneKind> kinds;
    double patience;  // how much less likely a candidate may be than the threshold asks
};

// A finder that no symbol uses is seen in its four turns, and mirrored where the symbol is no square: each that the
// format information beside it allows for, and whose timing patterns alternate, is a candidate, best first. The score
// is that of the other candidates: correlation and timing. Appends to `out`. Status::budget or Status::ok.
Status find_lone(const LoneIn& in, const Tunables::Lone& tunables, Context& context, std::vector<Candidate>& out);

}  // namespace qrcore
