#include "reading.hpp"

#include <algorithm>

#include "bitstream.hpp"
#include "confirm.hpp"
#include "correct.hpp"
#include "decide.hpp"
#include "doubt.hpp"
#include "equalize.hpp"
#include "grid.hpp"
#include "refine.hpp"
#include "sample.hpp"
#include "sight.hpp"
#include "symbol.hpp"

namespace qrcore {
namespace {

// The version information of a symbol names another version: the next one to be tried, if it was not yet.
void try_next(Candidate& c, int place, int named) {
    int* tried = c.version + place;
    if (named == 0 || place == Candidate::max_versions || std::find(c.version, tried, named) != tried) return;
    c.versions = std::max(c.versions, place + 1);
    *tried = named;
}

}  // namespace

Status Reading::again(Attempt& a, const Step& step) {
    if (step.geometry == Geometry::kept) return read(a, step, false);
    if (step.geometry == Geometry::finders) return with_finders_alone(a, step);
    const bool soft = step.geometry == Geometry::folds;
    if (soft)
        if (const Status s = locate_modules(a, true); s != Status::ok) return s;
    const Clue clue = step.geometry == Geometry::eyes ? Clue::eyes : Clue::edges;
    Timer timer(context_.trace, "refine");
    if (const Status s = refine({ws_.pyramid, a.candidate, clue, soft}, tunables_.refine, context_, a.grid);
        s != Status::ok)
        return s;
    return read(a, step, true);
}

Status Reading::with_finders_alone(Attempt& a, const Step& step) {
    const SymbologySpec* before = a.candidate.spec;
    const Pattern* pattern = a.pattern;
    if (pattern->layout.version > symbology(step.read_as).last_version) return Status::version;
    a.candidate.spec = &symbology(step.read_as);
    const Status status = with_version(a, step, pattern->layout.version);
    if (status != Status::ok) {
        a.candidate.spec = before;
        a.pattern = pattern;
    }
    return status;
}

Status Reading::locate_modules(Attempt& a, bool alignment) {
    Timer timer(context_.trace, "grid");
    return make_grid({ws_.pyramid, a.candidate, a.pattern->layout, alignment}, tunables_.grid, context_, a.grid);
}

Status Reading::first(Attempt& a, const Step& step) {
    Candidate& c = a.candidate;
    Status best = Status::version;
    double best_agreement = -1;
    int best_version = 0;
    for (int k = 0; k < c.versions; ++k) {
        const Status s = with_version(a, step, c.version[k]);
        if (s == Status::ok || s == Status::budget) return s;
        if (s == Status::version) try_next(c, k + 1, ws_.codewords.version_read);
        if (a.agreement > best_agreement)
            best = s, best_agreement = a.agreement, best_version = a.pattern->layout.version;
        if (a.agreement > tunables_.pipeline.sure_agreement) break;  // right, and damaged
    }
    if (best_version != 0 && best_version != a.pattern->layout.version) best = with_version(a, step, best_version);
    return best;
}

Status Reading::with_version(Attempt& a, const Step& step, int version) {
    a.pattern = &ws_.pattern(*a.candidate.spec, version);
    a.agreement = 0;
    if (const Status s = locate_modules(a, step.geometry != Geometry::finders); s != Status::ok) return s;
    return read(a, step, true);
}

Status Reading::read(Attempt& a, const Step& step, bool sample_again) {
    // Deciding needs the module centres, the equalizer all that surrounds them.
    const bool whole = step.equalizer != Equalizer::none;
    if (sample_again || whole > a.lattice.whole) {
        Timer timer(context_.trace, "sample");
        const Status s = sample({ws_.pyramid, a.grid, whole}, tunables_.sample, context_, a.lattice);
        if (s != Status::ok) return s;
    }
    if (sample_again) {
        Timer timer(context_.trace, "decide");
        const Status s =
            decide({a.candidate.inverted, a.pattern->known}, tunables_.decide, context_, a.lattice, a.modules);
        if (s != Status::ok) return s;
    }
    if (sample_again) look_back(a);
    if (step.equalizer != Equalizer::none) {
        Timer timer(context_.trace, "equalize");
        const Status s =
            equalize({a.lattice, a.candidate.inverted, a.pattern->known, step.equalizer == Equalizer::decided},
                     tunables_.equalize, context_, a.modules);
        if (s != Status::ok) return s;
        look_back(a);
    }
    if (step.erasures) doubt({a.pattern->layout}, tunables_.doubt, context_, a.modules);
    Timer timer(context_.trace, "read");
    return read_bits(a, step);
}

void Reading::look_back(Attempt& a) {
    if (following_ && a.candidate.spec->id != SymbologyId::qr_model_1)
        sight({a.candidate, a.pattern->layout, a.grid, a.modules}, tunables_.sight, context_, a.seen);
}

Status Reading::read_bits(Attempt& a, const Step& step) {
    Status furthest = Status::function_pattern;
    for (int guess = 0;; ++guess) {
        Status s = read_symbol({a.modules, a.pattern->layout, *a.candidate.spec, guess}, tunables_.symbol, context_,
                               ws_.codewords);
        a.agreement = ws_.codewords.agreement;
        if (s != Status::ok) return guess == 0 ? s : furthest;
        s = correct({ws_.codewords, *a.candidate.spec, step.erasures, ++a.decodings, step.always_doubt},
                    tunables_.correct, context_, ws_.message);
        if (s == Status::ok)
            s = read_bitstream({ws_.message.data, a.pattern->layout.version, *a.candidate.spec}, context_, ws_.content);
        furthest = std::max(furthest, s);
        if (s == Status::ok || s == Status::budget) return s;
    }
}

bool Reading::take_sum(Attempt& a, Sum& sum) {
    a.pattern = &ws_.pattern(*sum.spec, sum.layout->version);
    a.modules = sum.modules;
    a.decodings = sum.decodings;
    const Status status = read_bits(a, together);
    sum.decodings = a.decodings;
    return status == Status::ok && confirm({a.seen.modules, *sum.layout, *sum.spec, ws_.codewords, ws_.message},
                                           tunables_.confirm, context_) == Status::ok;
}

}  // namespace qrcore
