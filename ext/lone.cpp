#include "lone.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "interpolate.hpp"
#include "order.hpp"
#include "trace.hpp"

namespace qrcore {
namespace {

// The surroundings of a finder as one of its turns has them: module offsets from its centre, in a plane that
// perspective tilts about the centre.
class Look {
public:
    Look(const Pyramid& pyramid, const Finder& finder, double pixels_a_module)
        : finder_(finder), level_(level_for(pyramid, finder.module(), pixels_a_module)), image_(pyramid.level[level_]) {
        // Black and white of the finder itself: the outer ring and the light one inside.
        float dark = 0, light = 0;
        for (int k = 0; k < 8; ++k) {
            constexpr int x[8] = {-1, 0, 1, 1, 1, 0, -1, -1}, y[8] = {-1, -1, -1, 0, 1, 1, 1, 0};
            dark += luma(3 * x[k], 3 * y[k], {});
            light += luma(2 * x[k], 2 * y[k], {});
        }
        middle_ = (dark + light) / 16;
        half_ = (light - dark) / 16;
    }

    bool contrast(double least) const { return finder_.inverted ? half_ < -least : half_ > least; }

    // The finder with u along its axis k of four, or mirrored: v along it.
    void turn(int k, bool mirrored) {
        const Point axes[4] = {finder_.u, finder_.v, -1 * finder_.u, -1 * finder_.v};
        u_ = axes[k & 3];
        v_ = axes[(k + 1) & 3];
        if (mirrored) std::swap(u_, v_);
    }
    Point u() const { return u_; }
    Point v() const { return v_; }

    Point at(double x, double y, Point tilt) const {
        const double w = 1 / (1 + tilt.x * x + tilt.y * y);
        constexpr double shift = Candidate::tilt_shift;
        return finder_.centre + (x * w + shift * tilt.x) * u_ + (y * w + shift * tilt.y) * v_;
    }
    bool inside(double x, double y, Point tilt) const {
        const Point p = at(x, y, tilt);
        const double scale = 1 << level_;
        return p.x >= 0 && p.y >= 0 && p.x < scale * image_.width && p.y < scale * image_.height;
    }
    // How dark it is there: +1 as the finder's dark rings, -1 as its light one, whichever of them is black.
    float tone(double x, double y, Point tilt) const { return (middle_ - luma(x, y, tilt)) / half_; }

private:
    float luma(double x, double y, Point tilt) const {
        const Point p = at(x, y, tilt);
        const double scale = 1.0 / (1 << level_);
        return bilinear(image_, static_cast<float>(p.x * scale), static_cast<float>(p.y * scale));
    }

    const Finder& finder_;
    int level_;
    const ImageView& image_;
    float middle_ = 0, half_ = 1;
    Point u_ = finder_.u, v_ = finder_.v;
};

// One version that the format information may name, with the bits that speak against it.
struct Named {
    int version, wrong;
};

struct NamedVersions {
    static constexpr std::size_t most = 8;
    std::array<Named, most> all;
    std::size_t n = 0;

    void add(Named named) {
        for (Named& known : std::span(all).first(n))
            if (known.version == named.version) {
                known.wrong = std::min(known.wrong, named.wrong);
                return;
            }
        if (n < most) all[n++] = named;
    }
};

// The versions that the format information names with at most `most_wrong` wrong bits. A square symbol is also read
// transposed.
void read_format(const LoneKind& kind, const Look& look, int most_wrong, NamedVersions& out) {
    const FormatCode& code = kind.spec->format;
    const bool square = kind.layout->size.width == kind.layout->size.height;
    for (int transposed = 0; transposed <= static_cast<int>(square); ++transposed) {
        std::uint32_t bits = 0;
        for (const ModuleAt m : kind.layout->format[0]) {
            const double x = m.x - 3.0, y = m.y - 3.0;
            bits = bits << 1 | static_cast<std::uint32_t>(look.tone(transposed ? y : x, transposed ? x : y, {}) > 0);
        }
        for (int value = 0; value < code.values; ++value) {
            const int wrong = std::popcount(bits ^ code.word(value) ^ code.exclusive_or[0]);
            if (wrong > most_wrong) continue;
            Level level{};
            int mask = 0;
            for (int v = kind.spec->first_version; v <= kind.spec->last_version; ++v)
                if (code.meaning(value, v, level, mask)) out.add({v, wrong});
        }
    }
}

// A timing pattern that leads away from the finder: modules 4 .. last of a row, or of a column, counted from the
// finder's centre; odd ones are dark.
struct Arm {
    bool along_u;
    double aside;  // modules beside the centre
    int last;
};

// How well the tones along an arm alternate, -1 to 1: the sum of signed second differences over the sum of their
// absolute values, which must not be that of mere noise.
float alternation(const Look& look, const Arm& arm, Point tilt, float quiet) {
    const auto tone = [&](int k) {
        return arm.along_u ? look.tone(k, arm.aside, tilt) : look.tone(arm.aside, k, tilt);
    };
    float sum = 0, norm = 0, left = tone(3), here = tone(4);
    for (int k = 4; k <= arm.last; ++k) {
        const float next = tone(k + 1), second = 2 * here - left - next;
        sum += k & 1 ? second : -second;
        norm += std::max(std::fabs(second), quiet);
        left = here;
        here = next;
    }
    return sum / norm;
}

// The best alternation of a pattern that may lie up to half a module to either side, since the frame is that of the
// finder alone.
float beside(const Look& look, Arm arm, Point tilt, const Tunables::Lone& tunables) {
    float best = -1;
    const double aside = arm.aside;
    for (const double off : {0.0, -tunables.aside, tunables.aside}) {
        arm.aside = aside + off;
        best = std::max(best, alternation(look, arm, tilt, static_cast<float>(tunables.quiet)));
        if (best > tunables.clear_timing) break;
    }
    return best;
}

// The best alternation over what perspective may do along u or v, which is left in `tilt`.
float follow(const Look& look, const Arm& arm, bool tilt_u, const Tunables::Lone& tunables, Point& tilt) {
    float best = -1;
    const Point start = tilt;
    // The smaller tilt of two alike: from the middle outwards.
    for (int k = 0; k <= 2 * tunables.tilt_steps; ++k) {
        const double t = tunables.tilt_step * ((k & 1) != 0 ? (k + 1) / 2 : -(k / 2));
        const Point tried = tilt_u ? Point{t, start.y} : Point{start.x, t};
        const float timing = beside(look, arm, tried, tunables);
        if (timing > best) best = timing, tilt = tried;
        if (best > tunables.clear_timing) break;
    }
    return best;
}

// Share of the quiet zone beside the finder and the arms that is not light. What the picture cuts off is.
double unquiet(const Look& look, const std::array<Arm, 2>& arms, Point tilt) {
    int dark = 0, all = 0;
    const auto count = [&](double x, double y) {
        dark += look.inside(x, y, tilt) && look.tone(x, y, tilt) > 0;
        ++all;
    };
    for (const Arm& arm : arms) {
        const double aside = arm.aside < 0 ? arm.aside - 1 : arm.aside + 1;
        for (int k = -3; k <= arm.last; ++k) arm.along_u ? count(k, aside) : count(aside, k);
    }
    if (arms[1].along_u)
        for (int k = -3; k <= arms[1].aside; ++k) count(-4, k);
    return static_cast<double>(dark) / all;
}

// The timing patterns of a version: in a square symbol they go on from two sides of the finder; in one that is
// longer than high they frame it, and only the part that no other pattern interrupts is looked at.
std::array<Arm, 2> arms_of(Size size, int longest) {
    if (size.width == size.height) return {Arm{true, -3, size.width - 4}, Arm{false, -3, size.height - 4}};
    return {Arm{true, -3, longest}, Arm{true, static_cast<double>(size.height - 4), longest}};
}

}  // namespace

Status find_lone(const LoneIn& in, const Tunables::Lone& tunables, Context& context, std::vector<Candidate>& out) {
    const std::size_t begin = out.size();
    std::uint64_t no_format = 0, no_timing = 0;
    for (std::size_t i = 0; i < in.finders.size(); ++i) {
        const Finder& f = in.finders[i];
        if (f.used || f.ncc < tunables.least_ncc) continue;
        if (!context.budget.spend(16)) return Status::budget;
        Look look(in.pyramid, f, tunables.pixels_a_module);
        if (!look.contrast(tunables.least_half_contrast)) continue;
        for (const LoneKind& kind : in.kinds) {
            const bool square = kind.layout->size.width == kind.layout->size.height;
            for (int turn = 0; turn < (square ? 4 : 8); ++turn) {
                look.turn(turn, turn >= 4);
                NamedVersions named;
                read_format(kind, look, tunables.most_wrong_format, named);
                no_format += named.n == 0;
                for (const Named& name : std::span(named.all).first(named.n)) {
                    if (!context.budget.spend(8)) return Status::budget;
                    const Size size = kind.spec->size(name.version);
                    const auto arms = arms_of(size, tunables.longest_arm);
                    const double needed =
                        tunables.least_score - in.patience - f.ncc + tunables.wrong_format_penalty * name.wrong;
                    Point tilt;
                    double timing = follow(look, arms[0], true, tunables, tilt);
                    if ((timing + 1) / 2 >= needed) {
                        timing += follow(look, arms[1], false, tunables, tilt);
                        timing /= 2;
                    }
                    const double unquiet_penalty =
                        timing < needed ? 0 : tunables.unquiet_penalty * unquiet(look, arms, tilt);
                    if (timing < needed + unquiet_penalty) {
                        ++no_timing;
                        continue;
                    }
                    Candidate c;
                    c.spec = kind.spec;
                    c.finder[0] = f;
                    c.finder[0].u = look.u();
                    c.finder[0].v = look.v();
                    c.index[0] = static_cast<int>(i);
                    c.finders = 1;
                    c.score = f.ncc + timing - tunables.wrong_format_penalty * name.wrong - unquiet_penalty;
                    c.version[c.versions++] = name.version;
                    c.tilt = tilt;
                    const double w = size.width - 3.5, h = size.height - 3.5;
                    c.outline = {look.at(-3.5, -3.5, {}), look.at(w, -3.5, {}), look.at(w, h, {}),
                                 look.at(-3.5, h, {})};
                    c.inverted = f.inverted;
                    c.status = Status::timing;
                    out.push_back(c);
                }
            }
        }
    }
    if (!sort_best_first(std::span(out).subspan(begin), context)) return Status::budget;
    if (context.trace) {
        context.trace->reject("lone", "format information", no_format);
        context.trace->reject("lone", "timing", no_timing);
    }
    return Status::ok;
}

}  // namespace qrcore
