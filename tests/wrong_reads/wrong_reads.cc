// Damages symbols of every kind and counts what is read: the right text, none, or a wrong one.
//
//     wrong_reads modules COUNT FIRST     module confidences through symbol, doubt, correct and bitstream, as the steps
//                                        of the ladder do it: again and again, with other noise and more distrust
//     wrong_reads pictures COUNT FIRST    pictures through the whole pipeline, at thorough
//
// Symbol n is the same on every run, so COUNT symbols from FIRST on may be shared out between processes.
// Prints a row of counts for each group of versions, level and kind of damage; report.py adds them up.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <tuple>

#include "../fuzz/symbols.hpp"
#include "bitstream.hpp"
#include "correct.hpp"
#include "doubt.hpp"
#include "pipeline.hpp"
#include "symbol.hpp"

namespace {

using namespace qrcore;

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
    double unit() { return static_cast<double>(engine_() >> 11) / 9007199254740992.0; }
    float normal() { return normal_(engine_); }

private:
    std::mt19937_64 engine_;
    std::normal_distribution<float> normal_;
};

// ---- Which symbols

struct Group {
    const char* name;
    SymbologyId id;
    int first, last;
};

constexpr Group groups[] = {
    {"QR 1-9", SymbologyId::qr, 1, 9},           {"QR 10-26", SymbologyId::qr, 10, 26},
    {"QR 27-40", SymbologyId::qr, 27, 40},       {"M1", SymbologyId::micro_qr, 1, 1},
    {"M2-M4", SymbologyId::micro_qr, 2, 4},      {"rMQR", SymbologyId::rmqr, 1, 32},
    {"Model 1", SymbologyId::qr_model_1, 1, 14},
};

struct Sample {
    const Group* group;
    fuzz::Kind kind;
    std::vector<std::uint8_t> text;
    fuzz::Drawn drawn;
};

Sample any_sample(Random& random) {
    // Most are small: large ones are rare in the world, and dear here.
    static constexpr int shares[] = {34, 12, 4, 5, 15, 20, 10};
    int pick = random.below(100);
    std::size_t g = 0;
    while (pick >= shares[g]) pick -= shares[g++];
    const Group& group = groups[g];
    const SymbologySpec& spec = symbology(group.id);
    for (;;) {
        fuzz::Kind kind{&spec, group.first + random.below(group.last - group.first + 1),
                        random.below(spec.format.values)};
        if (!kind.resolve()) continue;
        std::vector<std::uint8_t> text(static_cast<std::size_t>(1 + random.below(kind.blocks.data_total())));
        for (auto& c : text) c = static_cast<std::uint8_t>(random.below(256));
        const auto data = fuzz::data_codewords(kind, text);
        return {&group, kind, text, fuzz::draw(kind, data)};
    }
}

// ---- Damage

constexpr const char* damages[] = {"flips", "burst", "occlusion", "format", "all"};
constexpr std::size_t damage_count = std::size(damages);

// Each module's own doubt: 0 says that it looks as clear as the others.
using Doubts = std::vector<std::uint8_t>;

void flip(Sample& s, Doubts& doubts, std::size_t module, Random& random) {
    s.drawn.dark[module] ^= 1;
    doubts[module] = random.below(2) != 0;
}

std::size_t index(const Sample& s, ModuleAt m) {
    return static_cast<std::size_t>(m.y) * static_cast<std::size_t>(s.drawn.size().width) + m.x;
}

// Codewords anywhere, from none to half again as many as can be mended.
void flips(Sample& s, Doubts& doubts, Random& random) {
    const Blocks& b = s.kind.blocks;
    const int most = std::max(2, 3 * b.blocks() * b.check / 4);
    const auto& placement = s.kind.layout().placement;
    for (int n = random.below(most + 1); n > 0; --n) {
        const std::size_t codeword = static_cast<std::size_t>(random.below(b.total()));
        for (std::size_t bit = 8 * codeword; bit < std::min(8 * codeword + 8, placement.size()); ++bit)
            if (random.below(2)) flip(s, doubts, index(s, placement[bit]), random);
    }
}

// A run of modules in the order in which the message is placed.
void burst(Sample& s, Doubts& doubts, Random& random) {
    const auto& placement = s.kind.layout().placement;
    const int n = static_cast<int>(placement.size()), length = 1 + random.below(std::max(1, n / 2));
    const int from = random.below(n);
    for (int k = from; k < std::min(n, from + length); ++k)
        if (random.below(2)) flip(s, doubts, index(s, placement[static_cast<std::size_t>(k)]), random);
}

// A rectangle that something of one colour, or of modules of its own, lies on. Fixed patterns too.
void occlusion(Sample& s, Doubts& doubts, Random& random) {
    const auto [w, h] = s.drawn.size();
    const int width = 1 + random.below(std::max(1, 2 * w / 3)), height = 1 + random.below(std::max(1, 2 * h / 3));
    const int x0 = random.below(w), y0 = random.below(h), look = random.below(3);
    for (int y = y0; y < std::min<int>(h, y0 + height); ++y)
        for (int x = x0; x < std::min<int>(w, x0 + width); ++x) {
            const std::size_t k =
                static_cast<std::size_t>(y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x);
            s.drawn.dark[k] = static_cast<std::uint8_t>(look == 2 ? random.below(2) : look);
            doubts[k] = random.below(4) == 0;
        }
}

// The format information of another level or mask, or any bits in its place.
void format(Sample& s, Doubts& doubts, Random& random) {
    const FormatCode& code = s.kind.spec->format;
    const int other = random.below(code.values);
    const bool any = random.below(3) == 0;
    for (std::size_t c = 0; c < 2; ++c) {
        const auto& places = s.kind.layout().format[c];
        const std::uint32_t word =
            any ? static_cast<std::uint32_t>(random.below(1 << 18)) : code.word(other) ^ code.exclusive_or[c];
        for (std::size_t i = 0; i < places.size(); ++i) s.drawn.at(places[i]) = word >> (places.size() - 1 - i) & 1;
    }
    if (random.below(2)) flips(s, doubts, random);
}

void damage(std::size_t how, Sample& s, Doubts& doubts, Random& random) {
    switch (how) {
        case 0: return flips(s, doubts, random);
        case 1: return burst(s, doubts, random);
        case 2: return occlusion(s, doubts, random);
        case 3: return format(s, doubts, random);
        default: flips(s, doubts, random), occlusion(s, doubts, random), format(s, doubts, random);
    }
}

// ---- Reading

enum class Outcome { right, none, wrong };

Outcome outcome(const Sample& s, const std::vector<std::uint8_t>& got) {
    return got == s.text ? Outcome::right : Outcome::wrong;
}

// As the pipeline climbs: plain, then with erasures, each time with another look at the same modules.
Outcome read_modules(const Sample& s, const Doubts& doubts, Random& random) {
    static Scratch scratch;
    static Codewords codewords;
    static Message message;
    static Content content;
    static const Kernels kernels{};
    Budget budget;
    Context context{kernels, budget, nullptr, scratch};
    const Tunables tunables;
    const Layout& layout = s.kind.layout();
    Modules modules{layout.size, std::vector<float>(layout.role.size())};
    int decodings = 0;
    for (int step = 0; step < 4; ++step) {
        const bool erasures = step % 2;
        if (!erasures)
            for (std::size_t k = 0; k < modules.llr.size(); ++k) {
                const float clear = doubts[k] ? 0.5f : 4.f;
                modules.llr[k] = (s.drawn.dark[k] ? clear : -clear) + random.normal();
            }
        else doubt({layout}, tunables.doubt, context, modules);
        for (int guess = 0;; ++guess) {
            if (read_symbol({modules, layout, *s.kind.spec, guess}, tunables.symbol, context, codewords) != Status::ok)
                break;
            if (correct({codewords, *s.kind.spec, erasures, ++decodings}, tunables.correct, context, message) !=
                Status::ok)
                continue;
            if (read_bitstream({message.data, s.kind.version, *s.kind.spec}, context, content) == Status::ok)
                return outcome(s, content.data);
        }
    }
    return Outcome::none;
}

// Drawn at 2.5 to 4 pixels a module, turned, blurred and with noise.
Outcome read_picture(const Sample& s, const Doubts& doubts, Random& random) {
    static Workspace workspace;
    static std::vector<std::uint8_t> pixels, sharp;
    const auto [w, h] = s.drawn.size();
    const double module = 2.5 + 1.5 * random.unit(), angle = 6.2831853 * random.unit();
    const double c = std::cos(angle) / module, d = std::sin(angle) / module;
    const int quiet = 4, side = static_cast<int>(module * (std::hypot(w, h) + 2 * quiet));
    sharp.assign(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), 0);
    const auto at = [&](int x, int y) {
        return static_cast<std::size_t>(std::clamp(y, 0, side - 1)) * static_cast<std::size_t>(side) +
               static_cast<std::size_t>(std::clamp(x, 0, side - 1));
    };
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            const double u = x + 0.5 - side / 2.0, v = y + 0.5 - side / 2.0;
            const int i = static_cast<int>(std::floor(c * u + d * v + w / 2.0));
            const int j = static_cast<int>(std::floor(c * v - d * u + h / 2.0));
            int value = 220;
            if (i >= 0 && j >= 0 && i < w && j < h) {
                const std::size_t k =
                    static_cast<std::size_t>(j) * static_cast<std::size_t>(w) + static_cast<std::size_t>(i);
                value = doubts[k] ? (s.drawn.dark[k] ? 110 : 130) : s.drawn.dark[k] ? 30 : 220;
            }
            sharp[at(x, y)] = static_cast<std::uint8_t>(value);
        }
    pixels.resize(sharp.size());
    const double noise = 12 * random.unit();
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            int sum = 0;
            for (int j = -1; j <= 1; ++j)
                for (int i = -1; i <= 1; ++i) sum += (2 - std::abs(i)) * (2 - std::abs(j)) * sharp[at(x + i, y + j)];
            const double value = sum / 16.0 + noise * random.normal();
            pixels[at(x, y)] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
        }
    Options options;
    options.effort = Effort::thorough;
    Budget budget;
    const auto& found = workspace.decode({pixels.data(), side, side, 1, side, 1, 1}, options,
                                         *available_kernels().data[0], budget, nullptr);
    Outcome worst = Outcome::none;
    for (const Found& f : found) {
        if (outcome(s, f.content.data) == Outcome::wrong) return Outcome::wrong;
        worst = Outcome::right;
    }
    return worst;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return std::fprintf(stderr, "usage: wrong_reads modules|pictures COUNT FIRST\n"), 2;
    const bool modules = std::strcmp(argv[1], "modules") == 0;
    const long count = std::atol(argv[2]);
    std::map<std::tuple<std::string, char, std::string>, std::array<long, 3>> table;
    const long first = std::atol(argv[3]);
    for (long n = first; n < first + count; ++n) {
        Random random(static_cast<std::uint64_t>(n));
        Sample sample = any_sample(random);
        Doubts doubts(sample.drawn.dark.size());
        const std::size_t how = static_cast<std::size_t>(random.below(damage_count));
        damage(how, sample, doubts, random);
        const Outcome got = modules ? read_modules(sample, doubts, random) : read_picture(sample, doubts, random);
        const char level = "LMQH"[static_cast<std::size_t>(sample.kind.level)];
        ++table[{sample.group->name, level, damages[how]}][static_cast<std::size_t>(got)];
        if (got == Outcome::wrong) {
            std::printf("wrong\t%s\t%ld\t%d\n", sample.group->name, n, sample.kind.version);
            std::fflush(stdout);
        }
    }
    for (const auto& [key, counts] : table)
        std::printf("row\t%s\t%c\t%s\t%ld\t%ld\t%ld\n", std::get<0>(key).c_str(), std::get<1>(key),
                    std::get<2>(key).c_str(), counts[0], counts[1], counts[2]);
    return 0;
}
