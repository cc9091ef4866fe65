// What is tried, as tables: the passes that look for finders and the steps that read a candidate.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pipeline.hpp"

namespace qrcore {

// What a pass looks for: dark patterns by their runs; rings, and light patterns, at five times the cost; or both.
enum class Look : std::uint8_t { runs, rings, both };

// Where finders are looked for, in order: coarse levels first, which cost little and explain much, and rings where runs
// explain nothing.
struct Pass {
    const char* name;
    Effort least;
    int level;    // of the pyramid
    int window;   // as in BinarizeIn
    double scan;  // tolerance of run lengths
    Look look;
};

inline constexpr Pass passes[] = {
    {"1/16", Effort::fast, 4, 2, 0.8, Look::runs},
    {"1/8", Effort::fast, 3, 2, 0.8, Look::runs},
    {"1/4", Effort::fast, 2, 2, 0.5, Look::runs},
    {"1/2", Effort::fast, 1, 2, 0.5, Look::runs},
    {"1/1", Effort::fast, 0, 2, 0.5, Look::runs},
    {"1/16, rings", Effort::fast, 4, 2, 0.8, Look::rings},
    {"1/8, rings", Effort::fast, 3, 2, 0.8, Look::rings},
    {"1/4, rings", Effort::fast, 2, 2, 0.5, Look::rings},
    {"1/2, rings", Effort::fast, 1, 2, 0.5, Look::rings},
    {"1/1, rings", Effort::fast, 0, 2, 0.5, Look::rings},
    {"1/4, wide window, loose", Effort::balanced, 2, 4, 0.8, Look::both},
    {"1/2, wide window, loose", Effort::thorough, 1, 4, 0.8, Look::both},
};

// Where a step takes its grid from.
enum class Geometry : std::uint8_t {
    kept,       // the step before; its lattice too
    alignment,  // finders and alignment patterns
    edges,      // the grid before, bent to the edges of modules
    eyes,       // the grid before, bent to their insides
    folds,      // finders and alignment patterns, bent softly
    finders,    // finder patterns alone
};

// What the equalizer learns from.
enum class Equalizer : std::uint8_t { none, fixed, decided };

// The ladder: what is tried on a candidate, and after which failures. A step reuses the grid and the lattice that
// the steps before it left.
struct Step {
    const char* name;
    Effort least;
    Status after;  // the candidate got at least this far
    Geometry geometry;
    Equalizer equalizer;
    bool erasures;
    double least_score;  // of the candidate: nearly all that were ever read had 1.70 and more, false ones 1.5 and less
    SymbologyId read_as = SymbologyId::qr;  // what the finders may belong to
    bool always_doubt = false;              // as in CorrectIn
};

// The first steps are quick and follow each pass. The others wait until all passes are made, since what reads easily
// explains most of what does not.
inline constexpr std::size_t quick_steps = 2;

inline constexpr Step ladder[] = {
    {"plain", Effort::fast, Status::timing, Geometry::alignment, Equalizer::none, false, 1.5},
    {"equalize", Effort::fast, Status::correction, Geometry::kept, Equalizer::decided, true, 1.65},
    {"bend to edges", Effort::balanced, Status::contrast, Geometry::edges, Equalizer::none, false, 1.5},
    {"bend to edges, equalize", Effort::balanced, Status::function_pattern, Geometry::kept, Equalizer::decided, true,
     1.5},
    {"bend to eyes", Effort::balanced, Status::contrast, Geometry::eyes, Equalizer::none, false, 1.5},
    {"bend to eyes, equalize", Effort::balanced, Status::function_pattern, Geometry::kept, Equalizer::decided, true,
     1.5},
    {"bend to eyes, equalize by fixed modules", Effort::balanced, Status::function_pattern, Geometry::kept,
     Equalizer::fixed, true, 1.5},
    {"bend to folds, equalize", Effort::balanced, Status::contrast, Geometry::folds, Equalizer::decided, true, 1.5},
    {"finders alone, equalize", Effort::balanced, Status::function_pattern, Geometry::finders, Equalizer::decided, true,
     1.5},
    {"finders alone, equalize by fixed modules", Effort::balanced, Status::function_pattern, Geometry::kept,
     Equalizer::fixed, true, 1.5},
    {"as Model 1", Effort::balanced, Status::function_pattern, Geometry::finders, Equalizer::none, false, 1.5,
     SymbologyId::qr_model_1},
};

// What is tried on the sum of several frames. It is decoded again with each of them.
inline constexpr Step together{
    "frames together", Effort::fast, Status::function_pattern, Geometry::kept, Equalizer::none, true, 0,
    SymbologyId::qr,   true};

}  // namespace qrcore
