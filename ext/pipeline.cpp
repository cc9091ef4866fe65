#include "pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "accumulate.hpp"
#include "binarize.hpp"
#include "bitstream.hpp"
#include "candidates.hpp"
#include "confirm.hpp"
#include "correct.hpp"
#include "decide.hpp"
#include "detail.hpp"
#include "doubt.hpp"
#include "equalize.hpp"
#include "finders.hpp"
#include "follow.hpp"
#include "grid.hpp"
#include "lone.hpp"
#include "luma.hpp"
#include "pairs.hpp"
#include "refine.hpp"
#include "sample.hpp"
#include "sight.hpp"
#include "symbol.hpp"
#include "verify.hpp"

namespace qrcore {
namespace {

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

constexpr Pass passes[] = {
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
constexpr std::size_t quick_steps = 2;

constexpr Step ladder[] = {
    {"plain", Effort::fast, Status::timing, Geometry::alignment, Equalizer::none, false, 1.5},
    {"equalize", Effort::fast, Status::correction, Geometry::kept, Equalizer::decided, true, 1.65},
    {"bend to edges", Effort::balanced, Status::contrast, Geometry::edges, Equalizer::none, false, 1.5},
    {"bend to edges, equalize", Effort::balanced, Status::function_pattern, Geometry::kept, Equalizer::decided, true,
     1.5},
    {"bend to eyes", Effort::balanced, Status::contrast, Geometry::eyes, Equalizer::none, false, 1.5},
    {"bend to eyes, equalize", Effort::balanced, Status::function_pattern, Geometry::kept, Equalizer::decided, true,
     1.5},
    {"bend to eyes, equalize by fixed modules", Effort::thorough, Status::function_pattern, Geometry::kept,
     Equalizer::fixed, true, 1.5},
    {"bend to folds, equalize", Effort::balanced, Status::contrast, Geometry::folds, Equalizer::decided, true, 1.5},
    {"finders alone, equalize", Effort::balanced, Status::function_pattern, Geometry::finders, Equalizer::decided, true,
     1.5},
    {"finders alone, equalize by fixed modules", Effort::thorough, Status::function_pattern, Geometry::kept,
     Equalizer::fixed, true, 1.5},
    {"as Model 1", Effort::balanced, Status::function_pattern, Geometry::finders, Equalizer::none, false, 1.5,
     SymbologyId::qr_model_1},
};

// What is tried on the sum of several frames. It is decoded again with each of them.
constexpr Step together{
    "frames together", Effort::fast, Status::function_pattern, Geometry::kept, Equalizer::none, true, 0,
    SymbologyId::qr,   true};

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

class Timer {
public:
    Timer(Trace* trace, const char* stage) : trace_(trace), stage_(stage) {
        if (trace_) start_ = Budget::Clock::now();
    }
    ~Timer() {
        if (trace_) trace_->time(stage_, microseconds());
    }
    double microseconds() const {
        return std::chrono::duration<double, std::micro>(Budget::Clock::now() - start_).count();
    }

private:
    Trace* trace_;
    const char* stage_;
    Budget::Clock::time_point start_{};
};

// Pixels a module, on average.
double module_of(const Found& f) {
    const Size size = symbology(f.symbology).size(f.version);
    return std::sqrt(std::fabs(doubled_area(f.corners)) / 2 / (size.width * size.height));
}

// Rows from top to bottom, each from left to right. A symbol is in a row whose first symbol it overlaps by half.
void sort_for_reading(std::vector<Found>& found) {
    const auto y = [](const Found& f) { return centre_of(f.corners).y; };
    const auto x = [](const Found& f) { return centre_of(f.corners).x; };
    std::sort(found.begin(), found.end(),
              [&](const Found& a, const Found& b) { return y(a) != y(b) ? y(a) < y(b) : x(a) < x(b); });
    for (auto row = found.begin(); row != found.end();) {
        const double half = std::sqrt(std::fabs(doubled_area(row->corners)) / 2) / 2;
        auto end = std::find_if(row, found.end(), [&](const Found& f) { return y(f) > y(*row) + half; });
        std::sort(row, end, [&](const Found& a, const Found& b) { return x(a) != x(b) ? x(a) < x(b) : y(a) < y(b); });
        row = end;
    }
}

}  // namespace

struct Workspace::Impl {
    Scratch scratch;
    Pyramid pyramid;
    Detail detail;
    Binary binary;
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
    std::vector<Content> spare;  // of the picture before, for their memory
    Sums sums;                   // of frames

    void forget() {
        for (Found& f : found) spare.push_back(std::move(f.content));
        found.clear();
        live = 0;
    }
    const Pattern& pattern(const SymbologySpec& spec, int version) {
        auto& of = patterns[static_cast<std::size_t>(spec.id)];
        if (of.empty()) of.resize(static_cast<std::size_t>(spec.last_version) + 1);
        auto& p = of[static_cast<std::size_t>(version)];
        if (!p) {
            p = std::make_unique<Pattern>();
            spec.layout(version, p->layout);
            for (const Role role : p->layout.role)
                p->known.push_back(role == Role::dark ? 1 : role == Role::light ? -1 : 0);
        }
        return *p;
    }

    // The attempt on these finders, as they are now. A single finder may have one for each of its turns and versions.
    Attempt& attempt(const Candidate& candidate) {
        std::size_t k = candidate.finders == 1 ? live : 0;
        while (k < live && !std::equal(candidate.index, candidate.index + 3, attempts[k]->candidate.index)) ++k;
        if (k == attempts.size()) attempts.push_back(std::make_unique<Attempt>());
        live = std::max(live, k + 1);
        Attempt& a = *attempts[k];
        a.candidate = candidate;
        a.pattern = nullptr;
        a.seen.layout = nullptr;
        a.status = Status::timing;
        a.agreement = 0;
        a.decodings = 0;
        return a;
    }
};

namespace {

// One decode of one picture.
class Run {
public:
    Run(Workspace::Impl& ws, const Options& options, Context& context, const Following* following)
        : ws_(ws), options_(options), tunables_(options.tunables), context_(context), following_(following) {}

    void decode(const PixelView& picture) {
        search({picture, Channel::luma});
        if (options_.effort == Effort::thorough && picture.channels > 1)
            for (const Channel channel : {Channel::red, Channel::blue})
                if (!enough()) search({picture, channel});
        if (following_) add_up();  // what was seen elsewhere
        sort_for_reading(ws_.found);
        if (options_.return_failures) add_failures();
    }

private:
    // All passes over one plane of the picture.
    void search(const LumaIn& plane) {
        {
            Timer timer(context_.trace, "luma");
            if (luma(plane, context_, ws_.pyramid) != Status::ok) return;
        }
        {
            Timer timer(context_.trace, "detail");
            if (find_detail({ws_.pyramid, limits().least_change}, context_, ws_.detail) != Status::ok) return;
            if (ws_.detail.none()) return;
        }
        ws_.finders.clear();
        ws_.live = 0;
        fits_ = 0;
        if (following_ && follow()) return;
        const std::size_t first = ws_.found.size();
        for (const Pass& pass : passes) {
            if (pass.least > options_.effort || pass.level + 2 >= ws_.pyramid.levels) continue;
            if (pixels(pass.level) > limits().scan_pixels || too_small(pass.level)) continue;
            if (pass.look == Look::rings && (at_once() || !has_rings(pass.level))) continue;
            const std::size_t before = ws_.found.size();
            if (!locate(pass)) return;
            try_candidates();
            if (enough()) return;
            leave_out_what_was_read(before);
            if (ws_.detail.none()) break;
            // Symbols of one frame are mostly of one scale, and the finer levels are the dear ones.
            if (options_.effort == Effort::fast && ws_.found.size() > first && ws_.found.size() == before) return;
        }
        if (options_.qr) {
            if (imply()) try_candidates();
            climb(0);
        }
        if (!enough() && find_lone_symbols()) {
            const std::size_t lone = ws_.live;
            try_candidates();
            climb(lone);
        }
    }

    const Tunables::Limits& limits() const {
        const Tunables& t = tunables_;
        return options_.effort == Effort::fast ? t.fast : options_.effort == Effort::balanced ? t.balanced : t.thorough;
    }

    double pixels(int level) const {
        return static_cast<double>(ws_.pyramid.level[level].width) * ws_.pyramid.level[level].height;
    }

    // Where nothing is left out, a second pass over a level for its rings would only cost.
    bool at_once() const { return limits().least_change == 0; }
    bool has_rings(int level) const { return pixels(level) <= limits().ring_pixels; }

    // Whether no symbol fits: the least have seven modules one way (rMQR) and eleven the other (M1).
    bool too_small(int level) const {
        const auto [least, most] = std::minmax(ws_.pyramid.level[level].width, ws_.pyramid.level[level].height);
        return least < 7 * tunables_.pipeline.least_module || most < 11 * tunables_.pipeline.least_module;
    }

    bool enough() const {
        return context_.budget.spent() ||
               (options_.max_symbols > 0 && static_cast<int>(ws_.found.size()) >= options_.max_symbols);
    }

    // Binarize, find, verify, group: appends attempts for what is new. False where the budget ended it.
    bool locate(const Pass& pass) {
        ws_.seeds.clear();
        {
            Timer timer(context_.trace, "binarize");
            if (binarize({ws_.pyramid, ws_.detail, pass.level, pass.window, limits().bias}, context_, ws_.binary) !=
                Status::ok)
                return false;
        }
        if (context_.trace) trace_bitmap(pass);
        {
            Timer timer(context_.trace, "finders");
            const bool rings = (pass.look != Look::runs || at_once()) && has_rings(pass.level);
            const bool finest = pass.level == 0 || pixels(pass.level - 1) > limits().scan_pixels;
            const double least_module = finest ? tunables_.pipeline.least_module : tunables_.pipeline.left_to_finer;
            if (find_finders(
                    {ws_.binary, ws_.detail, rings, pass.scan, limits().scan_every, rings, least_module,
                     following_ && following_->patient ? 0 : limits().least_in_noise, pass.look != Look::rings},
                    tunables_.finders, context_, ws_.seeds) != Status::ok)
                return false;
        }
        return verify_and_group();
    }

    // The finer passes need not look at symbols that were read, unless so much of one was corrected that a smaller one
    // may be printed inside of it.
    void leave_out_what_was_read(std::size_t first) {
        const auto read = std::span(ws_.found).subspan(first);
        Scratch::Frame frame(context_.scratch);
        auto whole = context_.scratch.take<Quad>(read.size());
        std::size_t n = 0;
        for (const Found& f : read) {
            const double side = module_of(f), wrong = 8 * side * side * f.corrected;
            if (wrong < tunables_.pipeline.least_hidden * tunables_.pipeline.least_hidden) whole[n++] = f.corners;
        }
        leave_out(whole.first(n), ws_.pyramid, ws_.detail);
    }

    // Looks for the third finders of pairs that are left over.
    bool imply() {
        ws_.seeds.clear();
        return imply_finders({ws_.finders}, tunables_.pairs, context_, ws_.seeds) == Status::ok && verify_and_group();
    }

    // From the seeds to the finders, and from these to the candidates.
    bool verify_and_group() {
        if (!ws_.found.empty())
            std::erase_if(ws_.seeds, [&](const Seed& s) {
                return context_.budget.spent() || explained(s.centre, std::sqrt(std::fabs(cross(s.u, s.v))));
            });
        if (context_.trace)
            context_.trace->seeds.insert(context_.trace->seeds.end(), ws_.seeds.begin(), ws_.seeds.end());
        const std::size_t known = ws_.finders.size();
        {
            Timer timer(context_.trace, "verify");
            if (verify_finders({ws_.pyramid, ws_.seeds, limits().least_fits, fits_}, tunables_.verify, context_,
                               ws_.finders) != Status::ok)
                return false;
        }
        keep_best_finders(known);
        ws_.candidates.clear();
        if (options_.qr) {
            Timer timer(context_.trace, "candidates");
            if (find_candidates({ws_.pyramid, ws_.finders, ladder[0].least_score - limits().patience},
                                tunables_.candidates, context_, ws_.candidates) != Status::ok)
                return false;
        }
        for (Finder& f : ws_.finders) f.fresh = false;
        return true;
    }

    // The symbols with one finder, once those with three have had theirs.
    bool find_lone_symbols() {
        ws_.candidates.clear();
        std::array<LoneKind, 2> kinds;
        std::size_t n = 0;
        for (const auto& [id, wanted] :
             {std::pair{SymbologyId::micro_qr, options_.micro_qr}, std::pair{SymbologyId::rmqr, options_.rmqr}})
            if (wanted) kinds[n++] = {&symbology(id), &ws_.pattern(symbology(id), symbology(id).first_version).layout};
        if (n == 0) return false;
        for (Finder& f : ws_.finders)
            if (!context_.budget.spent()) f.used |= explained(f.centre, f.module());
        Timer timer(context_.trace, "lone");
        if (find_lone({ws_.pyramid, ws_.finders, std::span(kinds).first(n), limits().patience}, tunables_.lone,
                      context_, ws_.candidates) != Status::ok)
            return false;
        // Nor do they have those of a symbol whose fixed modules are as they should be, however damaged the rest.
        for (const auto& a : std::span(ws_.attempts).first(ws_.live))
            if (a->status > Status::function_pattern)
                std::erase_if(ws_.candidates, [&](const Candidate& lone) {
                    return std::count(a->candidate.index, a->candidate.index + 3, lone.index[0]) > 0;
                });
        return true;
    }

    // Of finders that are about as good, those of one part of the picture: symbols are whole there.
    void keep_best_finders(std::size_t known) {
        const auto most = std::max(static_cast<std::size_t>(tunables_.pipeline.most_finders), known);
        if (ws_.finders.size() <= most) return;
        const auto grade = [](const Finder& f) { return static_cast<int>(8 * f.ncc); };
        std::sort(ws_.finders.begin() + static_cast<std::ptrdiff_t>(known), ws_.finders.end(),
                  [&](const Finder& a, const Finder& b) {
                      if (grade(a) != grade(b)) return grade(a) > grade(b);
                      return a.centre.y != b.centre.y ? a.centre.y < b.centre.y : a.centre.x < b.centre.x;
                  });
        ws_.finders.resize(most);
    }

    // Whether a pattern here belongs to a symbol that was read. Much smaller modules do not: symbols are printed
    // inside of symbols.
    bool explained(Point p, double module) const {
        context_.budget.spend(
            static_cast<std::uint32_t>(ws_.found.size() / 32 + 1));  // whoever asks looks at the budget
        return std::any_of(ws_.found.begin(), ws_.found.end(), [&](const Found& f) {
            return module > tunables_.pipeline.inner_module * module_of(f) && contains(f.corners, p);
        });
    }

    // The quick steps over the candidates of a pass, best first. The first step makes the attempts, so that what an
    // earlier symbol explains costs nothing.
    void try_candidates() {
        std::size_t failures = 0;
        for (const Candidate& c : ws_.candidates) {
            if (enough() || failures > static_cast<std::size_t>(tunables_.pipeline.most_failures) + ws_.found.size())
                return;
            if (is_explained(c)) continue;
            Attempt& a = ws_.attempt(c);
            if (context_.trace) {
                a.number = context_.trace->candidates.size();
                context_.trace->candidates.push_back(c);
            }
            for (const Step& step : std::span(ladder).first(quick_steps))
                if (a.status != Status::ok && a.status >= step.after && is_likely_enough(c, step)) take(a, step);
            failures += a.status != Status::ok;
        }
    }

    bool is_likely_enough(const Candidate& c, const Step& step, double penalty = 0) const {
        return c.score >= step.least_score - limits().patience + penalty;
    }

    // The other steps over all that is left since attempt `first`, step by step, so that one bad candidate does not
    // starve the others.
    void climb(std::size_t first) {
        const auto attempts = std::span(ws_.attempts).subspan(first, ws_.live - first);
        std::sort(attempts.begin(), attempts.end(),
                  [](const auto& a, const auto& b) { return goes_first(a->candidate, b->candidate); });
        for (const Step& step : std::span(ladder).subspan(quick_steps)) {
            int taken = 0;
            for (const auto& a : attempts) {
                if (climbing_ > limits().climbing_work) return;
                if (step.geometry == Geometry::finders && a->candidate.finders == 1) continue;
                if (enough() || step.least > options_.effort || taken == limits().most_climbing) break;
                if (a->status == Status::ok || a->status < step.after || is_explained(a->candidate)) continue;
                const double large = tunables_.pipeline.large_penalty * a->lattice.width / 362;  // of version 40
                if (!is_likely_enough(a->candidate, step, large)) continue;
                const std::uint64_t before = context_.budget.work();
                take(*a, step);
                climbing_ += static_cast<double>(context_.budget.work() - before);
                ++taken;
            }
        }
    }

    void take(Attempt& a, const Step& step) {
        Timer timer(context_.trace, "ladder");
        const Status status = a.pattern ? reading_again(a, step) : first_reading(a, step);
        if (context_.trace) trace_attempt(a, step, status, timer.microseconds());
        a.status = status == Status::budget ? status : std::max(a.status, status);  // the furthest that it came
        if (context_.trace) context_.trace->candidates[a.number].status = a.status;
        if (a.status == Status::ok) report(a, step, a.grid.outline());
    }

    // Whether a symbol that was read takes this candidate's finders, stands in its place or, printed alike, amid it:
    // finders of several symbols make good triples.
    bool is_explained(const Candidate& c) const {
        const double module = c.finder[0].module();
        const auto in_its_place = [&](const Found& f) {
            const double ratio = module / module_of(f);
            return std::max(ratio, 1 / ratio) < tunables_.pipeline.alike && contains(c.outline, centre_of(f.corners));
        };
        return explained(centre_of(c.outline), module) ||
               std::any_of(ws_.found.begin(), ws_.found.end(), in_its_place) ||
               std::any_of(c.index, c.index + 3,
                           [&](int i) { return i >= 0 && ws_.finders[static_cast<std::size_t>(i)].used; });
    }

    Status reading_again(Attempt& a, const Step& step) {
        if (step.geometry == Geometry::kept) return reading(a, step, false);
        if (step.geometry == Geometry::finders) return with_finders_alone(a, step);
        const bool soft = step.geometry == Geometry::folds;
        if (soft)
            if (const Status s = locate_modules(a, true); s != Status::ok) return s;
        const Clue clue = step.geometry == Geometry::eyes ? Clue::eyes : Clue::edges;
        Timer timer(context_.trace, "refine");
        if (const Status s = refine({ws_.pyramid, a.candidate, clue, soft}, tunables_.refine, context_, a.grid);
            s != Status::ok)
            return s;
        return reading(a, step, true);
    }

    Status with_finders_alone(Attempt& a, const Step& step) {
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

    Status locate_modules(Attempt& a, bool alignment) {
        Timer timer(context_.trace, "grid");
        return make_grid({ws_.pyramid, a.candidate, a.pattern->layout, alignment}, tunables_.grid, context_, a.grid);
    }

    // Tries the versions that fit and keeps the one that came furthest.
    Status first_reading(Attempt& a, const Step& step) {
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

    // The version information of a symbol names another version: the next one to be tried, if it was not yet.
    static void try_next(Candidate& c, int place, int named) {
        int* tried = c.version + place;
        if (named == 0 || place == Candidate::max_versions || std::find(c.version, tried, named) != tried) return;
        c.versions = std::max(c.versions, place + 1);
        *tried = named;
    }

    Status with_version(Attempt& a, const Step& step, int version) {
        a.pattern = &ws_.pattern(*a.candidate.spec, version);
        a.agreement = 0;
        if (const Status s = locate_modules(a, step.geometry != Geometry::finders); s != Status::ok) return s;
        return reading(a, step, true);
    }

    // Sample, decide, equalize and read the bits.
    Status reading(Attempt& a, const Step& step, bool sample_again) {
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

    // Keeps what the frames to come need.
    void look_back(Attempt& a) {
        if (following_ && a.candidate.spec->id != SymbologyId::qr_model_1)
            sight({a.candidate, a.pattern->layout, a.grid, a.modules}, tunables_.sight, context_, a.seen);
    }

    // Looks where the symbols of the last frames should be by now. Whether enough of them are read.
    bool follow() {
        ws_.seeds.clear();
        ws_.candidates.clear();
        expect_finders(ws_.sums, *following_, tunables_.follow, ws_.seeds);
        {
            Timer timer(context_.trace, "verify");
            int fits = 0;  // those of the passes are none the fewer for a symbol that left
            if (verify_finders({ws_.pyramid, ws_.seeds, static_cast<int>(ws_.seeds.size()), fits}, tunables_.verify,
                               context_, ws_.finders) != Status::ok)
                return false;
        }
        expect_candidates(ws_.sums, *following_, ws_.finders, tunables_.follow, ws_.candidates);
        try_candidates();
        add_up();
        return static_cast<int>(ws_.found.size()) >= following_->enough;
    }

    // Adds what this frame leaves to the sums and reads those of the symbols that it did not give alone.
    void add_up() {
        for (std::size_t k = 0; k < ws_.live && !enough(); ++k) {
            Attempt& a = *ws_.attempts[k];
            if (!a.seen.layout || (a.status != Status::ok && is_explained(a.candidate))) continue;
            const Quad corners = a.seen.corners;
            a.seen.move(following_->origin);
            const Status added = accumulate({a.seen, following_->frame}, tunables_.accumulate, context_, ws_.sums);
            a.seen.layout = nullptr;  // once
            if (added != Status::ok) continue;
            if (a.status != Status::ok && read_sum(a, ws_.sums.all[ws_.sums.latest])) report(a, together, corners);
        }
    }

    // Whether the sum gives a symbol that this attempt's own modules confirm.
    bool read_sum(Attempt& a, Sum& sum) {
        a.pattern = &ws_.pattern(*sum.spec, sum.layout->version);
        a.modules = sum.modules;
        a.decodings = sum.decodings;
        const Status status = read_bits(a, together);
        sum.decodings = a.decodings;
        return status == Status::ok && confirm({a.seen.modules, *sum.layout, *sum.spec, ws_.codewords, ws_.message},
                                               tunables_.confirm, context_) == Status::ok;
    }

    Status read_bits(Attempt& a, const Step& step) {
        Status furthest = Status::function_pattern;
        for (int guess = 0;; ++guess) {
            Status s = read_symbol({a.modules, a.pattern->layout, *a.candidate.spec, guess}, tunables_.symbol, context_,
                                   ws_.codewords);
            a.agreement = ws_.codewords.agreement;
            if (s != Status::ok) return guess == 0 ? s : furthest;
            s = correct({ws_.codewords, *a.candidate.spec, step.erasures, ++a.decodings, step.always_doubt},
                        tunables_.correct, context_, ws_.message);
            if (s == Status::ok)
                s = read_bitstream({ws_.message.data, a.pattern->layout.version, *a.candidate.spec}, context_,
                                   ws_.content);
            furthest = std::max(furthest, s);
            if (s == Status::ok || s == Status::budget) return s;
        }
    }

    void report(const Attempt& a, const Step& step, const Quad& outline) {
        for (const int i : a.candidate.index)
            if (i >= 0) ws_.finders[static_cast<std::size_t>(i)].used = true;
        Found f;
        // Model 1 is QR to the caller.
        f.symbology = a.candidate.spec->id == SymbologyId::qr_model_1 ? SymbologyId::qr : a.candidate.spec->id;
        f.status = Status::ok;
        f.corners = outline;
        f.version = a.pattern->layout.version;
        f.level = ws_.message.level;
        f.mask = ws_.codewords.mask;
        f.mirrored = ws_.codewords.mirrored;
        if (f.mirrored) std::swap(f.corners[1], f.corners[3]);
        else f.mirrored = doubled_area(f.corners) < 0;  // it was turned upright before it was sampled
        f.inverted = a.candidate.inverted;
        f.corrected = ws_.message.corrected;
        f.margin = ws_.message.margin;
        f.step = step.name;
        if (!ws_.spare.empty()) {
            f.content = std::move(ws_.spare.back());
            ws_.spare.pop_back();
        }
        f.content = ws_.content;
        // Within each other and of one size; a symbol in the middle of another is not the same.
        const double area = std::fabs(doubled_area(f.corners));
        const bool twice = std::any_of(ws_.found.begin(), ws_.found.end(), [&](const Found& g) {
            const double ratio = std::fabs(doubled_area(g.corners)) / area;
            return std::max(ratio, 1 / ratio) < tunables_.pipeline.twin_area &&
                   contains(g.corners, centre_of(f.corners)) && contains(f.corners, centre_of(g.corners));
        });
        if (!twice) ws_.found.push_back(std::move(f));
    }

    void add_failures() {
        for (std::size_t k = 0; k < ws_.live; ++k) {
            const Attempt& a = *ws_.attempts[k];
            if (a.status == Status::ok || explained(centre_of(a.candidate.outline), a.candidate.finder[0].module()))
                continue;
            Found f;
            f.symbology = a.candidate.spec->id;
            f.status = a.status;
            f.corners = a.candidate.outline;
            f.inverted = a.candidate.inverted;
            f.version = a.pattern ? a.pattern->layout.version : 0;
            ws_.found.push_back(std::move(f));
        }
    }

    void trace_bitmap(const Pass& pass) {
        const BitmapView& b = ws_.binary.bits;
        Trace::Bitmap t{pass.name, pass.level, b.width, b.height, {}};
        t.words.assign(b.data, b.data + static_cast<std::size_t>(b.stride) * b.height);
        context_.trace->bitmaps.push_back(std::move(t));
    }

    void trace_attempt(const Attempt& a, const Step& step, Status status, double microseconds) {
        Trace::Attempt t{static_cast<int>(a.number), step.name, status, 0, {}, {}, {}, microseconds};
        if (a.pattern && status > Status::grid) {
            t.version = a.pattern->layout.version;
            t.size = a.pattern->layout.size;
            for (int y = 0; y <= t.size.height; ++y)
                for (int x = 0; x <= t.size.width; ++x)
                    t.grid.push_back(a.grid({static_cast<double>(x), static_cast<double>(y)}));
            t.llr = a.modules.llr;
        }
        context_.trace->attempts.push_back(std::move(t));
    }

    Workspace::Impl& ws_;
    int fits_ = 0;         // of finders, for this plane
    double climbing_ = 0;  // work units of the dear steps so far, over all planes
    const Options& options_;
    const Tunables& tunables_;
    Context& context_;
    const Following* following_;
};

}  // namespace

Workspace::Workspace() : impl_(std::make_unique<Impl>()) {}
Workspace::~Workspace() = default;

const std::vector<Found>& Workspace::decode(const PixelView& picture, const Options& options, const Kernels& kernels,
                                            Budget& budget, Trace* trace, const Following* following) {
    Impl& ws = *impl_;
    ws.forget();
    Context context{kernels, budget, trace, ws.scratch};
    if (picture.width > 0 && picture.height > 0) Run(ws, options, context, following).decode(picture);
    if (trace) trace->finders = ws.finders;
    return ws.found;
}

const std::vector<Sum>& Workspace::sums() const { return impl_->sums.all; }
void Workspace::forget() { impl_->sums.all.clear(); }

std::size_t Workspace::bytes() const {
    const Impl& ws = *impl_;
    return ws.scratch.capacity() + ws.pyramid.storage.capacity() + ws.binary.storage.capacity() * sizeof(std::uint64_t);
}

void Workspace::trim(std::size_t keep) {
    if (bytes() <= keep) return;
    impl_->scratch.trim(0);
    impl_->pyramid.storage = std::vector<std::uint8_t>();  // {} would keep the memory
    impl_->binary.storage = std::vector<std::uint64_t>();
    impl_->attempts.clear();
    impl_->spare.clear();
}

}  // namespace qrcore
