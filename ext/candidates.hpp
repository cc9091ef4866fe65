// Stage "candidates": which finders belong to one symbol.
#pragma once

#include <vector>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct CandidatesIn {
    const Pyramid& pyramid;
    const std::vector<Finder>& finders;
    double least_score;
};

// Triples with a fresh finder whose frames agree and whose timing patterns alternate, best first. Appends to `out`.
// Status::budget or Status::ok.
Status find_candidates(const CandidatesIn& in, const Tunables::Candidates& tunables, Context& context,
                       std::vector<Candidate>& out);

}  // namespace qrcore
