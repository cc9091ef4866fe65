// What a decode keeps for the next one: the products of the stages and the attempts on the candidates. The stages get
// them by reference; nothing here decides.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "context.hpp"
#include "pipeline.hpp"
#include "types.hpp"

namespace qrcore {

// A layout and the values of its fixed modules, made once.
struct Pattern {
    Layout layout;
    std::vector<std::int8_t> known;  // +1 dark, -1 light, 0 data
};

// What the steps of the ladder leave for one candidate.
struct Attempt {
    Candidate candidate;
    const Pattern* pattern = nullptr;
    Grid grid;
    Lattice lattice;
    Modules modules;
    Sighting seen;  // for the frames to come
    Status status = Status::timing;
    double agreement = 0;
    int decodings = 0;       // Reed-Solomon attempts so far
    std::size_t number = 0;  // of its candidate in the trace
};

// A candidate that was not read, with its pixels a module.
struct Failure {
    Found found;
    double module;
};

struct Workspace::Impl {
    Scratch scratch;
    Pyramid pyramid;
    Detail detail;
    std::array<Binary, Pyramid::max_levels> binary;  // by level: a second pass over one finds the first one's
    std::vector<Seed> seeds;
    std::vector<Finder> finders;
    std::vector<Candidate> candidates;
    std::vector<std::unique_ptr<Attempt>> attempts;  // the first `live` are of this picture
    std::size_t live = 0;
    std::array<std::vector<std::unique_ptr<Pattern>>, symbology_count> patterns;  // by symbology and version
    Codewords codewords;
    Message message;
    Content content;
    std::vector<Found> found;
    std::vector<Failure> failures;
    std::vector<Content> spare;  // of the picture before, for their memory
    Sums sums;                   // of frames

    void forget();  // the last picture
    const Pattern& pattern(const SymbologySpec& spec, int version);
    // The attempt on these finders, as they are now. A single finder may have one for each of its turns and versions.
    Attempt& attempt(const Candidate& candidate);
    // Adds a symbol with the content that was read last, unless the same symbol is among those found.
    void add(Found&& symbol, double twin_area);
};

}  // namespace qrcore
