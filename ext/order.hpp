// The order in which candidates are tried.
#pragma once

#include <algorithm>
#include <span>

#include "context.hpp"
#include "types.hpp"

namespace qrcore {

// Best first. A heap of pointers, since there can be tens of thousands, of several hundred bytes each, and the clock is
// to be looked at meanwhile. False where the budget ended it.
inline bool sort_best_first(std::span<Candidate> candidates, Context& context) {
    const Scratch::Frame frame(context.scratch);
    auto copies = context.scratch.take<Candidate>(candidates.size());
    auto heap = context.scratch.take<const Candidate*>(candidates.size());
    const auto look = [&](std::size_t k) { return k % 256 != 0 || context.budget.look(); };
    const auto later = [](const Candidate* a, const Candidate* b) { return goes_first(*b, *a); };
    for (std::size_t k = 0; k < candidates.size(); ++k) {
        if (!look(k)) return false;
        heap[k] = &(copies[k] = candidates[k]);
        std::push_heap(heap.begin(), heap.begin() + static_cast<std::ptrdiff_t>(k + 1), later);
    }
    for (std::size_t k = 0; k < candidates.size(); ++k) {
        if (!look(k)) return false;
        std::pop_heap(heap.begin(), heap.end() - static_cast<std::ptrdiff_t>(k), later);
        candidates[k] = *heap[candidates.size() - 1 - k];
    }
    return true;
}

}  // namespace qrcore
