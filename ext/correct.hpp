// Stage "correct": Reed-Solomon over the blocks of a symbol, errors first, then erasures of the least certain
// codewords.
#pragma once

#include <span>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct CorrectIn {
    const Codewords& codewords;
    const SymbologySpec& spec;
    bool erasures = false;      // also try to erase the codewords of least confidence (generalised minimum distance)
    int attempts = 1;           // calls on this candidate so far, this one included, for the acceptance rule
    bool always_doubt = false;  // the acceptance rule holds without erasures too: one word of very many
};

// Status::correction (a block has more damage than can be mended; `out.mended` says which blocks were good),
// Status::acceptance (every block could be mended, but chance cannot be ruled out in one), Status::ok. Of a failure,
// `out` holds the good blocks corrected and the others as they were read; its margin is 0 and its chance 1.
//
// Blocks that are all of a stronger level than the format information says are read as of that level: `out.level`.
//
// Accepting. Without erasures what the standard allows is accepted, unless `always_doubt`. With e erasures and v errors
// in a block of N codewords, n of them check codewords, it must hold that n - e - 2 v >= min_spare and
//     attempts x trials x C(N - e, v) x 256^-(n - e - v) <= max_chance,
// where `trials` counts the erasure decodings of this call, all blocks together. A level that only detects errors (M1)
// is accepted untouched only, while attempts x C x 256^-2 times the share of random format information that `symbol`
// lets through there stays within max_chance_detecting. `out.chance` is the sum of these bounds over the blocks.
Status correct(const CorrectIn& in, const Tunables::Correct& tunables, Context& context, Message& out);

struct BlockMended {
    bool ok;
    int errors;   // codewords mended that were not erased
    int changed;  // codewords that were wrong, erased or not
};

// Mends one block in place: `word` ends in `check` check codewords (at most 255 and all of it at most 255);
// `erasures` are places in `word`, each once. Fails, leaving `word` as it was, where more than `max_errors` others
// are wrong; errors + errors + erasures never exceed `check`.
BlockMended mend_block(std::span<std::uint8_t> word, int check, std::span<const std::uint8_t> erasures, int max_errors);

}  // namespace qrcore
