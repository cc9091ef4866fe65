#include "pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "accumulate.hpp"
#include "binarize.hpp"
#include "candidates.hpp"
#include "detail.hpp"
#include "finders.hpp"
#include "follow.hpp"
#include "interpolate.hpp"
#include "ladder.hpp"
#include "lone.hpp"
#include "luma.hpp"
#include "normalize.hpp"
#include "pairs.hpp"
#include "reading.hpp"
#include "report.hpp"
#include "verify.hpp"
#include "workspace.hpp"

namespace qrcore {
namespace {

// One decode of one picture.
class Run {
public:
    Run(Workspace::Impl& ws, const Options& options, Context& context, const Following* following)
        : ws_(ws),
          options_(options),
          tunables_(options.tunables),
          limits_(limits_of(options, following)),
          context_(context),
          following_(following),
          reading_(ws, options.tunables, context, following) {}

    void decode(const PixelView& picture) {
        look_at(picture, Channel::luma);
        if (options_.effort == Effort::balanced && !following_ && may_look_again())
            if (const double module = module_left(); module > 0)
                look_at(picture, Channel::luma, tunables_.normalize.narrow,
                        level_for(ws_.pyramid, module, tunables_.sample.pixels_a_module));
        if (options_.effort == Effort::thorough) {
            for (const int radius : {tunables_.normalize.narrow, tunables_.normalize.wide})
                if (may_look_again() && is_something_left()) look_at(picture, Channel::luma, radius);
            if (picture.channels > 1)
                for (const Channel channel : {Channel::red, Channel::blue})
                    if (may_look_again()) look_at(picture, channel);
        }
        sort_for_reading(ws_.found);
        add_failures();
    }

private:
    // All that is done with one plane of the picture, from a pyramid level on, its light taken out by windows of a
    // radius, if that is not 0.
    void look_at(const PixelView& picture, Channel channel, int radius = 0, int finest = 0) {
        search(picture, channel, radius, finest);
        if (following_) add_up();  // what was seen elsewhere
        if (options_.return_failures) note_failures();
    }

    // What made a picture dear would make it as dear again.
    bool may_look_again() const {
        return !enough() && static_cast<double>(context_.budget.work()) < tunables_.pipeline.most_to_look_again;
    }

    // All passes over one plane of the picture.
    void search(const PixelView& picture, Channel channel, int radius, int finest) {
        {
            Timer timer(context_.trace, "luma");
            const double pixels = static_cast<double>(picture.width) * picture.height;
            const bool copy = radius > 0 && finest == 0 && pixels <= tunables_.normalize.most_copied;
            if (luma({picture, channel, copy}, context_, ws_.pyramid) != Status::ok) return;
        }
        if (radius > 0) {
            Timer timer(context_.trace, "normalize");
            if (ws_.pyramid.level[0].data == picture.data) finest = std::max(finest, 1);  // that is not normalized
            if (normalize({radius, finest}, tunables_.normalize, context_, ws_.pyramid) != Status::ok) return;
        }
        {
            Timer timer(context_.trace, "detail");
            if (find_detail({ws_.pyramid, limits_.least_change}, context_, ws_.detail) != Status::ok) return;
            if (ws_.detail.none()) return;
        }
        ws_.finders.clear();
        for (Binary& binary : ws_.binary) binary.window = 0;
        ws_.live = 0;
        fits_ = 0;
        read_before_ = ws_.found.size();
        if (following_ && follow()) return;
        const std::size_t first = ws_.found.size();
        for (const Pass& pass : passes) {
            if (pass.least > options_.effort || pass.level + 2 >= ws_.pyramid.levels || pass.level < finest) continue;
            if (pixels(pass.level) > limits_.scan_pixels || too_small(pass.level)) continue;
            if (pass.look == Look::rings && (at_once() || !has_rings(pass.level) || binary_of(pass).texture)) continue;
            const std::size_t before = ws_.found.size();
            if (!look_over(pass)) return;
            // Symbols of one frame are mostly of one scale and kind, and the finer levels are the dear ones.
            if (options_.effort == Effort::fast && ws_.found.size() > first && ws_.found.size() == before) {
                if (options_.qr && is_something_left() && imply()) try_candidates();
                return;
            }
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

    // One pass, and once more over the rows that it left out where a finder stands: its neighbours may be there. A
    // crowd first, as finders that lack a neighbour make false triples. False where nothing remains to be done.
    bool look_over(const Pass& pass) {
        const std::size_t known = ws_.finders.size();
        if (!locate(pass, false)) return false;
        bool between = limits_.closely < scanned_rows(binary_of(pass), false);
        if (between && ws_.finders.size() > known + static_cast<std::size_t>(tunables_.pipeline.crowd)) {
            if (!locate(pass, true)) return false;
            between = false;
        }
        if (!try_what_is_new()) return false;
        const auto shown = std::span(ws_.finders).subspan(std::min(known, ws_.finders.size()));
        if (!between || std::none_of(shown.begin(), shown.end(), [&](const Finder& f) { return is_left(f); }))
            return true;
        return locate(pass, true) && try_what_is_new();
    }

    // False where nothing remains to be done.
    bool try_what_is_new() {
        const std::size_t before = ws_.found.size();
        if (!group()) return false;
        try_candidates();
        if (enough()) return false;
        leave_out_what_was_read(before);
        return !ws_.detail.none();
    }

    // Those of the effort; noise is searched too where a frame may take its time.
    static Tunables::Limits limits_of(const Options& options, const Following* following) {
        const Tunables& t = options.tunables;
        Tunables::Limits l = options.effort == Effort::fast       ? t.fast
                             : options.effort == Effort::balanced ? t.balanced
                                                                  : t.thorough;
        if (following) {  // what noise leaves of a finder in one of many frames is worth looking for
            l.coarse_every = l.texture_every = l.coarse_texture_every = l.scan_every;
            l.least_in_noise = std::min(l.least_in_noise, t.balanced.least_in_noise);
        }
        if (following && following->patient) {
            l.scan_every = l.coarse_every = l.texture_every = l.coarse_texture_every = 1;
            l.least_in_noise = 0;
        }
        return l;
    }

    double pixels(int level) const {
        return static_cast<double>(ws_.pyramid.level[level].width) * ws_.pyramid.level[level].height;
    }

    // Where nothing is left out, a second pass over a level for its rings would only cost.
    bool at_once() const { return limits_.least_change == 0; }
    bool has_rings(int level) const { return pixels(level) <= limits_.ring_pixels; }

    // Whether no symbol explains this finder.
    bool is_left(const Finder& f) const { return !f.used && !explained(f.centre, f.module()); }

    // Pixels a module of the smallest sign of a symbol that was not read, a clear finder or a likely candidate; 0 where
    // there is none.
    double module_left() const {
        const Tunables::Pipeline& t = tunables_.pipeline;
        double least = 0;
        const auto add = [&](const Finder& f) { least = least > 0 ? std::min(least, f.module()) : f.module(); };
        for (const Finder& f : ws_.finders)
            if (f.ncc > t.left_ncc && is_left(f)) add(f);
        for (const auto& a : std::span(ws_.attempts).first(ws_.live))
            if (a->candidate.score > t.left_score && a->status != Status::ok && !is_explained(a->candidate))
                add(a->candidate.finder[0]);
        return least;
    }

    bool is_something_left() const { return ws_.found.empty() || module_left() > 0; }

    // Whether no symbol fits: the least have seven modules one way (rMQR) and eleven the other (M1).
    bool too_small(int level) const {
        const auto [least, most] = std::minmax(ws_.pyramid.level[level].width, ws_.pyramid.level[level].height);
        return least < 7 * tunables_.pipeline.least_module || most < 11 * tunables_.pipeline.least_module;
    }

    bool enough() const {
        return context_.budget.spent() ||
               (options_.max_symbols > 0 && static_cast<int>(ws_.found.size()) >= options_.max_symbols);
    }

    Binary& binary_of(const Pass& pass) { return ws_.binary[static_cast<std::size_t>(pass.level)]; }

    // From one row that is scanned to the next.
    int scanned_rows(const Binary& binary, bool closely) const {
        if (closely) return limits_.closely;
        if (binary.noise) return limits_.coarse_every;
        const bool full = binary.level == 0;
        // A code that fills a small picture has as many runs as texture.
        if (!binary.texture || ws_.pyramid.level[0].width < tunables_.finders.least_wide)
            return full ? limits_.scan_every : limits_.coarse_every;
        return full ? limits_.texture_every : limits_.coarse_texture_every;
    }

    // Binarize, find, verify. False where the budget ended it.
    bool locate(const Pass& pass, bool closely) {
        ws_.seeds.clear();
        Binary& binary = binary_of(pass);
        {
            Timer timer(context_.trace, "binarize");
            if (binary.window == pass.window) restrict_to(ws_.detail, binary);
            else if (binarize({ws_.pyramid, ws_.detail, pass.level, pass.window, limits_.bias}, context_, binary) !=
                     Status::ok)
                return false;
            const double runs = runs_a_pixel(binary.bits);
            binary.texture = runs > tunables_.finders.most_runs;
            binary.noise = runs > tunables_.finders.most_edges;
        }
        if (context_.trace && !closely) trace_bitmap(*context_.trace, pass, binary.bits);
        {
            Timer timer(context_.trace, "finders");
            // In texture, light patterns are looked for by runs alone, along with the dark ones.
            const bool light = (pass.look != Look::runs || at_once() || binary.texture) && has_rings(pass.level);
            const bool rings = light && !binary.texture && !closely;
            const bool finest = pass.level == 0 || pixels(pass.level - 1) > limits_.scan_pixels;
            const double least_module = finest ? tunables_.pipeline.least_module : tunables_.pipeline.left_to_finer;
            if (find_finders({binary, ws_.detail, rings, pass.scan, scanned_rows(binary, closely), light, least_module,
                              limits_.least_in_noise, pass.look != Look::rings},
                             tunables_.finders, context_, ws_.seeds) != Status::ok)
                return false;
        }
        return verify();
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
        leave_out(whole.first(n), ws_.pyramid, tunables_.detail, ws_.detail);
    }

    // Looks for the third finders of pairs that are left over.
    bool imply() {
        ws_.seeds.clear();
        return imply_finders({ws_.finders}, tunables_.pairs, context_, ws_.seeds) == Status::ok && verify() && group();
    }

    // From the seeds to the finders.
    bool verify() {
        if (!ws_.found.empty())
            std::erase_if(ws_.seeds, [&](const Seed& s) {
                return context_.budget.spent() || explained(s.centre, std::sqrt(std::fabs(cross(s.u, s.v))));
            });
        if (context_.trace)
            context_.trace->seeds.insert(context_.trace->seeds.end(), ws_.seeds.begin(), ws_.seeds.end());
        const std::size_t known = ws_.finders.size();
        {
            Timer timer(context_.trace, "verify");
            if (verify_finders({ws_.pyramid, ws_.seeds, limits_.least_fits, fits_, following_ != nullptr},
                               tunables_.verify, context_, ws_.finders) != Status::ok)
                return false;
        }
        keep_best_finders(known);
        return true;
    }

    // From the finders that are new to the candidates.
    bool group() {
        ws_.candidates.clear();
        if (options_.qr) {
            Timer timer(context_.trace, "candidates");
            if (find_candidates({ws_.pyramid, ws_.finders, ladder[0].least_score - limits_.patience},
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
        if (find_lone({ws_.pyramid, ws_.finders, std::span(kinds).first(n), limits_.patience}, tunables_.lone, context_,
                      ws_.candidates) != Status::ok)
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
            const std::size_t read = ws_.found.size() - read_before_;
            if (enough() || failures > static_cast<std::size_t>(tunables_.pipeline.most_failures) + read) return;
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
        return c.score >= step.least_score - limits_.patience + penalty;
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
                if (climbing_ > limits_.climbing_work) return;
                if (step.geometry == Geometry::finders && a->candidate.finders == 1) continue;
                if (enough() || step.least > options_.effort || taken == limits_.most_climbing) break;
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
        const Status status = reading_.take(a, step);
        if (context_.trace) trace_attempt(*context_.trace, a, step, status, timer.microseconds());
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

    // Looks where the symbols of the last frames should be by now. Whether enough of them are read.
    bool follow() {
        ws_.seeds.clear();
        ws_.candidates.clear();
        expect_finders(ws_.sums, *following_, tunables_.follow, ws_.seeds);
        {
            Timer timer(context_.trace, "verify");
            int fits = 0;  // those of the passes are none the fewer for a symbol that left
            if (verify_finders({ws_.pyramid, ws_.seeds, static_cast<int>(ws_.seeds.size()), fits, true},
                               tunables_.verify, context_, ws_.finders) != Status::ok)
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
            if (a.status != Status::ok && reading_.take_sum(a, ws_.sums.all[ws_.sums.latest]))
                report(a, together, corners);
        }
    }

    void report(const Attempt& a, const Step& step, const Quad& outline) {
        for (const int i : a.candidate.index)
            if (i >= 0) ws_.finders[static_cast<std::size_t>(i)].used = true;
        ws_.add(found_by(a, step, outline, ws_.codewords, ws_.message), tunables_.pipeline.twin_area);
    }

    void note_failures() {
        for (const auto& a : std::span(ws_.attempts).first(ws_.live))
            if (a->status != Status::ok) ws_.failures.push_back({failed(*a), a->candidate.finder[0].module()});
    }

    // Those of all planes, where nothing was read and no other stands already.
    void add_failures() {
        for (Failure& failure : ws_.failures)
            if (!explained(centre_of(failure.found.corners), failure.module))
                ws_.found.push_back(std::move(failure.found));
    }

    Workspace::Impl& ws_;
    int fits_ = 0;                 // of finders, for this plane
    std::size_t read_before_ = 0;  // symbols, in other planes
    double climbing_ = 0;          // work units of the dear steps so far, over all planes
    const Options& options_;
    const Tunables& tunables_;
    const Tunables::Limits limits_;
    Context& context_;
    const Following* following_;
    Reading reading_;
};

}  // namespace

const std::vector<Found>& Workspace::decode(const PixelView& picture, const Options& options, const Kernels& kernels,
                                            Budget& budget, Trace* trace, const Following* following) {
    Impl& ws = *impl_;
    ws.forget();
    Context context{kernels, budget, trace, ws.scratch};
    if (picture.width > 0 && picture.height > 0) Run(ws, options, context, following).decode(picture);
    if (trace) trace->finders = ws.finders;
    return ws.found;
}

}  // namespace qrcore
