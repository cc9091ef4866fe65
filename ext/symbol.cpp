#include "symbol.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <cmath>
#include <tuple>

#include "simd/clones.hpp"

namespace qrcore {
namespace {

bool is_dark(float llr) { return llr > 0; }

// What a bit costs that reads against a word. A NaN costs `cap`, so that sums stay ordered.
double cost(float llr, double cap) {
    const double size = std::fabs(static_cast<double>(llr));
    return size < cap ? size : cap;
}

// The modules as the symbol's own coordinates see them: a mirrored symbol is a transposed one.
class View {
public:
    View(const Modules& modules, bool mirrored)
        : llr_(modules.llr.data()),
          step_x_(mirrored ? modules.size.width : 1),
          step_y_(mirrored ? 1 : modules.size.width) {}

    std::size_t index(ModuleAt m) const { return static_cast<std::size_t>(m.x * step_x_ + m.y * step_y_); }
    float operator[](std::size_t index) const { return llr_[index]; }

private:
    const float* llr_;
    int step_x_, step_y_;
};

// Share of the fixed modules whose sign is right.
QRCORE_CLONES double function_agreement(const Modules& modules, const Layout& layout) {
    int fixed = 0, right = 0;
    for (std::size_t i = 0; i < layout.role.size(); ++i) {
        const int dark = layout.role[i] == Role::dark, light = layout.role[i] == Role::light;
        fixed += dark | light;
        right += is_dark(modules.llr[i]) ? dark : light;
    }
    return static_cast<double>(right) / fixed;
}

// One copy of format or version information as it was read, most significant bit first.
class Copy {
public:
    Copy(const View& view, const std::vector<ModuleAt>& places, const Tunables::Symbol& tunables) : n_(places.size()) {
        const double nats_per_random_bit = 0.693147180559945;
        random_ = nats_per_random_bit * static_cast<double>(n_) + tunables.destroyed_copy_penalty;
        for (std::size_t i = 0; i < n_; ++i) {
            const float llr = view[view.index(places[i])];
            bits_ = bits_ << 1 | static_cast<std::uint32_t>(is_dark(llr));
            cost_[n_ - 1 - i] = cost(llr, tunables.max_bit_cost);
        }
    }

    // Negative log-likelihood of a word. A copy that lies under dirt says nothing: it costs no more than random bits
    // do, so that it cannot outvote a good one; the small slope keeps an order among words that both copies speak
    // against.
    double penalty(std::uint32_t word) const {
        double sum = 0;
        for (std::uint32_t wrong = word ^ bits_; wrong; wrong &= wrong - 1)
            sum += cost_[static_cast<std::size_t>(std::countr_zero(wrong))];
        const double slope = 1.0 / 16;
        return sum < random_ ? sum : random_ + (sum - random_) * slope;
    }
    int distance(std::uint32_t word) const { return std::popcount(word ^ bits_); }

private:
    std::size_t n_;
    double random_;
    std::uint32_t bits_ = 0;
    std::array<double, 18> cost_{};  // of bit k, the least significant first
};

using Copies = std::array<Copy, 2>;

// One way to read the format information.
struct Format {
    double penalty;
    int value;
    bool mirrored;
    int distance;  // wrong bits, both copies together
    Level level;
    int mask;
};

constexpr std::size_t max_formats = 128;  // 64 values, upright and mirrored

struct Formats {
    std::array<Format, max_formats> all;
    std::size_t n = 0;
};

// Every format that this version can have, the likeliest first as far as guess number `in.guess`.
void rank_formats(const SymbolIn& in, const Tunables::Symbol& tunables, Formats& out) {
    const FormatCode& code = in.spec.format;
    const auto& places = in.layout.format;
    const bool square = in.layout.size.width == in.layout.size.height;  // others are turned before they are sampled
    for (int mirrored = 0; mirrored <= static_cast<int>(square); ++mirrored) {
        const View view(in.modules, mirrored != 0);
        const Copies copies{Copy(view, places[0], tunables), Copy(view, places[1], tunables)};
        for (int value = 0; value < code.values; ++value) {
            Format f{mirrored ? tunables.mirrored_penalty : 0.0, value, mirrored != 0, 0, Level::L, 0};
            if (!code.meaning(value, in.layout.version, f.level, f.mask)) continue;
            for (std::size_t c = 0; c < copies.size() && !places[c].empty(); ++c) {
                const std::uint32_t word = code.word(value) ^ code.exclusive_or[c];
                f.penalty += copies[c].penalty(word);
                f.distance += copies[c].distance(word);
            }
            out.all[out.n++] = f;
        }
    }
    const auto ranked = std::min(static_cast<std::size_t>(in.guess) + 1, out.n);
    std::partial_sort(out.all.begin(), out.all.begin() + ranked, out.all.begin() + out.n,
                      [](const Format& a, const Format& b) {
                          return std::tie(a.penalty, a.mirrored, a.value) < std::tie(b.penalty, b.mirrored, b.value);
                      });
}

// The version that the version information names if it clearly is another one than the layout's, which is returned
// otherwise. The two copies are each other's transposition, so a mirrored symbol reads the same.
int named_version(const SymbolIn& in, const Tunables::Symbol& tunables) {
    const View view(in.modules, false);
    const auto& places = in.layout.version_info;
    const Copies copies{Copy(view, places[0], tunables), Copy(view, places[1], tunables)};
    const auto penalty = [&](int version) {
        const std::uint32_t word = in.spec.version_word(version);
        return copies[0].penalty(word) + copies[1].penalty(word);
    };
    int best = in.layout.version;
    double least = penalty(best) - tunables.min_version_advantage;
    for (int v = in.spec.first_version_word; v <= in.spec.last_version; ++v) {
        const double p = penalty(v);
        if (p < least) least = p, best = v;
    }
    return best;
}

// The mask over the whole symbol, a flag a module, in the order of the modules. It repeats both ways.
std::span<const std::uint8_t> mask_flags(const SymbologySpec& spec, int mask, bool mirrored, Size size,
                                         Scratch& scratch) {
    const auto flags = scratch.take<std::uint8_t>(static_cast<std::size_t>(size.width) * size.height);
    for (int y = 0; y < size.height; ++y) {
        std::uint8_t* row = &flags[static_cast<std::size_t>(y) * size.width];
        if (y >= mask_period) {
            std::copy_n(row - mask_period * size.width, size.width, row);
            continue;
        }
        for (int x = 0; x < std::min(mask_period, size.width); ++x)
            row[x] = mirrored ? spec.mask(mask, y, x) : spec.mask(mask, x, y);
        for (int x = mask_period; x < size.width; ++x) row[x] = row[x - mask_period];
    }
    return flags;
}

// Unmasks the message modules and packs them into codewords. The first data codeword may be short at its head, the
// last one at its end; what is missing is zero.
void read_codewords(const View& view, const Layout& layout, std::span<const std::uint8_t> mask, const StreamCode& code,
                    std::size_t last_data, Codewords& out) {
    std::size_t k = 0;
    for (std::size_t i = 0; i < out.bytes.size(); ++i) {
        const int lead = i == 0 ? code.lead_bits : 0, missing = i == last_data ? code.missing_bits(layout.version) : 0;
        const std::size_t end = k + static_cast<std::size_t>(8 - lead - missing);
        unsigned byte = 0;
        float least = FLT_MAX;
        for (; k < end; ++k) {
            const std::size_t at = view.index(layout.placement[k]);
            const float llr = view[at], size = std::fabs(llr);
            byte = byte << 1 | (is_dark(llr) ^ static_cast<unsigned>(mask[at]));
            least = size < least ? size : least;
        }
        out.bytes[i] = static_cast<std::uint8_t>(byte << missing);
        out.confidence[i] = least;
    }
}

}  // namespace

Status read_symbol(const SymbolIn& in, const Tunables::Symbol& tunables, Context& context, Codewords& out) {
    const Layout& layout = in.layout;
    if (in.modules.size != layout.size || in.modules.llr.size() != layout.role.size()) return Status::version;
    if (!context.budget.spend(1 + static_cast<std::uint32_t>(layout.role.size() / 256))) return Status::budget;

    out.version = layout.version;
    out.version_read = 0;
    const double agreement = out.agreement = function_agreement(in.modules, layout);
    if (agreement < tunables.min_function_agreement) return Status::function_pattern;
    if (!layout.version_info[0].empty()) {
        out.version_read = named_version(in, tunables);
        if (out.version_read != out.version) return Status::version;
    }

    Formats formats;
    rank_formats(in, tunables, formats);
    const auto guess = static_cast<std::size_t>(in.guess);
    if (in.guess >= tunables.max_format_guesses || guess >= formats.n) return Status::format;
    const Format& f = formats.all[guess];
    if (f.penalty > formats.all[0].penalty + tunables.format_window) return Status::format;
    out.level = f.level;
    out.mask = f.mask;
    out.mirrored = f.mirrored;
    out.format_distance = f.distance;

    Blocks blocks;
    if (!in.spec.blocks(layout.version, f.level, blocks)) return Status::format;
    // A level that only detects errors leans on everything else being right.
    if (blocks.correctable == 0) {
        if (agreement < tunables.min_function_agreement_detecting) return Status::function_pattern;
        if (out.format_distance > 0) return Status::format;
    }

    const Scratch::Frame frame(context.scratch);
    const auto mask = mask_flags(in.spec, f.mask, f.mirrored, layout.size, context.scratch);
    out.bytes.resize(static_cast<std::size_t>(blocks.total()));
    out.confidence.resize(out.bytes.size());
    read_codewords(View(in.modules, f.mirrored), layout, mask, in.spec.stream,
                   static_cast<std::size_t>(blocks.data_total() - 1), out);
    return Status::ok;
}

}  // namespace qrcore
