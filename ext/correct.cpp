#include "correct.hpp"

#include <algorithm>
#include <array>

#include "galois.hpp"
#include "simd/clones.hpp"

namespace qrcore {
namespace {

using galois::exp;
using galois::mul;

constexpr std::size_t max_word = galois::order;

// A polynomial, lowest coefficient first, that fits every step of the decoding of one block.
using Polynomial = std::array<std::uint8_t, max_word + 1>;

// The received word at alpha^0 .. alpha^31, by Horner's rule in vectors of all of them: a product is the sum of what
// each bit puts to it.
QRCORE_CLONES galois::Powers evaluate_at_powers(std::span<const std::uint8_t> word) {
    galois::Powers sum{};
    for (const std::uint8_t c : word)
        for (std::size_t j = 0; j < sum.size(); ++j) {
            const std::uint8_t a = sum[j];
            std::uint8_t next = c;
            for (unsigned b = 0; b < 8; ++b)
                next = static_cast<std::uint8_t>(next ^ (-(a >> b & 1) & galois::bit_times_power[b][j]));
            sum[j] = next;
        }
    return sum;
}

// The received word at alpha^0 .. alpha^(check-1). Returns whether all are zero: the word is a codeword.
bool syndromes(std::span<const std::uint8_t> word, int check, Polynomial& s) {
    const galois::Powers first = evaluate_at_powers(word);
    std::copy(first.begin(), first.end(), s.begin());
    for (std::size_t j = first.size(); j < static_cast<std::size_t>(check); ++j) {
        s[j] = 0;
        for (const std::uint8_t c : word) s[j] = mul(s[j], exp(static_cast<unsigned>(j))) ^ c;
    }
    return std::all_of(s.begin(), s.begin() + check, [](std::uint8_t sum) { return sum == 0; });
}

// The power of alpha that stands for a place: the last codeword of a word is the coefficient of x^0.
unsigned locator(std::span<const std::uint8_t> word, std::size_t place) {
    return static_cast<unsigned>(word.size() - 1 - place);
}

// p *= 1 - alpha^power x
void times_linear(Polynomial& p, int degree, unsigned power) {
    for (auto j = static_cast<std::size_t>(degree) + 1; j > 0; --j) p[j] ^= mul(p[j - 1], exp(power));
}

// Berlekamp and Massey's algorithm, started from the erasure locator of degree `erased` in `lambda`: the shortest
// register that makes the syndromes. Leaves the locator of erasures and errors and returns its length
// (Blahut, "Theory and Practice of Error Control Codes", section 9.2).
int find_locator(const Polynomial& s, int check, int erased, Polynomial& lambda) {
    Polynomial previous = lambda, next;
    int length = erased;
    for (int r = erased + 1; r <= check; ++r) {
        std::uint8_t discrepancy = 0;
        for (int j = 0; j <= length && j < r; ++j)
            discrepancy ^= mul(lambda[static_cast<std::size_t>(j)], s[static_cast<std::size_t>(r - 1 - j)]);
        const auto size = static_cast<std::size_t>(check);
        for (std::size_t j = size; j > 0; --j) previous[j] = previous[j - 1];
        previous[0] = 0;
        if (discrepancy == 0) continue;
        for (std::size_t j = 0; j <= size; ++j) next[j] = lambda[j] ^ mul(discrepancy, previous[j]);
        if (2 * length <= r - 1 + erased) {
            length = r - length + erased;
            for (std::size_t j = 0; j <= size; ++j) previous[j] = galois::div(lambda[j], discrepancy);
        }
        std::copy_n(next.begin(), size + 1, lambda.begin());
    }
    return length;
}

std::uint8_t evaluate(const Polynomial& p, int degree, unsigned power) {
    std::uint8_t sum = 0;
    for (int j = degree; j >= 0; --j) sum = mul(sum, exp(power)) ^ p[static_cast<std::size_t>(j)];
    return sum;
}

// The places of `word` at which the locator has its roots, by trying all. Returns how many there are.
int find_places(std::span<const std::uint8_t> word, const Polynomial& lambda, int degree,
                std::array<std::uint8_t, max_word>& places) {
    int n = 0;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (evaluate(lambda, degree, galois::order - locator(word, i)) == 0)
            places[static_cast<std::size_t>(n++)] = static_cast<std::uint8_t>(i);
    return n;
}

// Forney's algorithm: the value of the error at the place with this locator, the generator's first root being 1.
std::uint8_t error_value(const Polynomial& omega, const Polynomial& lambda, int degree, unsigned power) {
    const unsigned inverse = galois::order - power;
    std::uint8_t derivative = 0;  // of lambda: the even terms vanish
    for (int j = 1; j <= degree; j += 2)
        derivative ^= mul(lambda[static_cast<std::size_t>(j)], exp(static_cast<unsigned>(j - 1) * inverse));
    if (derivative == 0) return 0;
    return mul(galois::div(evaluate(omega, degree - 1, inverse), derivative), exp(power));
}

BlockMended mend(std::span<std::uint8_t> word, int check, const Polynomial& s, std::span<const std::uint8_t> erasures,
                 int max_errors) {
    constexpr BlockMended failed{false, 0, 0};
    const int erased = static_cast<int>(erasures.size());
    if (erased > check) return failed;

    Polynomial lambda{1};
    for (int i = 0; i < erased; ++i) times_linear(lambda, i, locator(word, erasures[static_cast<std::size_t>(i)]));
    const int degree = find_locator(s, check, erased, lambda), errors = degree - erased;
    if (errors > max_errors || 2 * errors + erased > check) return failed;

    std::array<std::uint8_t, max_word> places;
    if (lambda[static_cast<std::size_t>(degree)] == 0 || find_places(word, lambda, degree, places) != degree)
        return failed;

    Polynomial omega{};  // syndromes times locator
    for (int i = 0; i < degree; ++i)
        for (int j = 0; j <= i; ++j)
            omega[static_cast<std::size_t>(i)] ^=
                mul(s[static_cast<std::size_t>(i - j)], lambda[static_cast<std::size_t>(j)]);

    BlockMended result{true, errors, 0};
    std::array<std::uint8_t, max_word> values;
    for (std::size_t i = 0; i < static_cast<std::size_t>(degree); ++i) {
        values[i] = error_value(omega, lambda, degree, locator(word, places[i]));
        word[places[i]] ^= values[i];
        result.changed += values[i] != 0;
    }
    Polynomial again;
    if (syndromes(word, check, again)) return result;
    for (std::size_t i = 0; i < static_cast<std::size_t>(degree); ++i) word[places[i]] ^= values[i];
    return failed;
}

// Bound on the probability that a random word of N codewords lies within `errors` of some codeword outside its
// `erased` places: C(N - e, v) x 256^-(n - e - v).
double random_hit(std::size_t word, int check, int erased, int errors) {
    double p = 1;
    for (int i = 0; i < errors; ++i) p = p * (static_cast<double>(word) - erased - i) / (i + 1);
    for (int i = 0; i < check - erased - errors; ++i) p /= 256;
    return p;
}

// One block of a message. Interleaved (clause 7.6, Table 9): codeword i of every block in turn, the data of the longer
// blocks last, then the check codewords likewise.
struct BlockPlaces {
    const Blocks& blocks;
    int block;

    int data() const { return blocks.data + (block >= blocks.count); }
    std::size_t size() const { return static_cast<std::size_t>(data() + blocks.check); }
    std::size_t operator[](std::size_t i) const {
        const int k = static_cast<int>(i);
        return static_cast<std::size_t>(blocks.interleaved ? interleaved(k) : in_sequence(k));
    }

private:
    int interleaved(int k) const {
        const int n = blocks.blocks();
        if (k < blocks.data) return k * n + block;
        if (k < data()) return k * n + block - blocks.count;
        return blocks.data_total() + (k - data()) * n + block;
    }
    int in_sequence(int k) const {
        if (k < data()) return block * blocks.data + std::max(block - blocks.count, 0) + k;
        return blocks.data_total() + block * blocks.check + k - data();
    }
};

struct BlockOutcome {
    Status status;  // correction, acceptance or ok
    int erased = 0, errors = 0, changed = 0;
    double chance = 1;
};

// The decoding of the blocks of one message, with the count of trials that they share.
class Corrector {
public:
    Corrector(const CorrectIn& in, const Tunables::Correct& tunables, const Blocks& blocks)
        : in_(in), tunables_(tunables), blocks_(blocks) {}

    BlockOutcome operator()(const BlockPlaces& places, std::span<std::uint8_t> word) {
        Polynomial s;
        if (syndromes(word, blocks_.check, s)) return accept(word.size(), 0, {true, 0, 0});
        const BlockMended mended = mend(word, blocks_.check, s, {}, blocks_.correctable);
        if (mended.ok) return accept(word.size(), 0, mended);
        return in_.erasures && blocks_.correctable > 0 ? erase(places, word, s) : BlockOutcome{Status::correction};
    }

private:
    // Generalised minimum distance (Forney 1966): erases the least certain codewords in growing number. Two at a time,
    // since an odd one more would leave the number of errors that can be mended besides as it is.
    BlockOutcome erase(const BlockPlaces& places, std::span<std::uint8_t> word, const Polynomial& s) {
        std::array<std::uint8_t, max_word> order;
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(word.size());
        for (std::size_t i = 0; i < word.size(); ++i) order[i] = static_cast<std::uint8_t>(i);
        const auto& confidence = in_.codewords.confidence;
        std::sort(order.begin(), end, [&](std::uint8_t a, std::uint8_t b) {
            const float x = confidence[places[a]], y = confidence[places[b]];
            return x < y || (x == y && a < b);
        });

        BlockOutcome best{Status::correction};
        const int check = blocks_.check, spare = std::max(tunables_.min_spare, check - 2 * blocks_.correctable);
        for (int e = 2; e + spare <= check; e += 2) {
            ++trials_;
            if (chance(word.size(), e, 0) > tunables_.max_chance) break;  // more erasures never have less
            const std::span<const std::uint8_t> erasures(order.data(), static_cast<std::size_t>(e));
            std::array<std::uint8_t, max_word> copy;
            const std::span<std::uint8_t> trial(copy.data(), word.size());
            std::copy(word.begin(), word.end(), trial.begin());
            const BlockMended mended = mend(trial, check, s, erasures, (check - e - spare) / 2);
            if (!mended.ok) continue;
            best = accept(word.size(), e, mended);
            if (best.status != Status::ok) continue;
            std::copy(trial.begin(), trial.end(), word.begin());
            break;
        }
        return best;
    }

    double chance(std::size_t word, int erased, int errors) const {
        const double hit = in_.attempts * random_hit(word, blocks_.check, erased, errors);
        return erased ? hit * trials_ : hit;
    }

    BlockOutcome accept(std::size_t word, int erased, const BlockMended& mended) const {
        // Of 2^15 words of format information 4 are exact and mean M1, upright and mirrored.
        const double exact_format = 2 * 4 / 32768.0;
        BlockOutcome out{Status::ok, erased, mended.errors, mended.changed, chance(word, erased, mended.errors)};
        if (blocks_.correctable == 0) {
            out.chance *= exact_format;
            if (out.chance > tunables_.max_chance_detecting) out.status = Status::acceptance;
        } else if ((erased || in_.always_doubt) && out.chance > tunables_.max_chance) {
            out.status = Status::acceptance;
        }
        return out;
    }

    const CorrectIn& in_;
    const Tunables::Correct& tunables_;
    const Blocks& blocks_;
    int trials_ = 0;
};

// The strongest level that all corrected blocks are of. Where it is not the one that was read, the format information
// was read wrongly: a code of more check codewords lies within that of fewer, and their first check codewords would be
// taken for data.
Level level_of_blocks(const CorrectIn& in, const Blocks& read, std::span<const std::uint8_t> message) {
    for (const Level level : {Level::H, Level::Q, Level::M}) {
        Blocks other;
        if (!in.spec.blocks(in.codewords.version, level, other)) continue;
        if (other.blocks() != read.blocks() || other.total() != read.total()) continue;
        // By chance blocks of the level that was read are of the other in 256^-more, so one or two codewords more
        // prove nothing where the format information is beyond doubt. A block of zeros is of every code.
        const int least = in.codewords.format_distance == 0 ? 3 : 1;
        int more = read.blocks() * (other.check - read.check);
        if (more < least) continue;
        const auto holds = [&](int b) {
            const BlockPlaces places{read, b};
            std::array<std::uint8_t, max_word> word;
            for (std::size_t i = 0; i < places.size(); ++i) word[i] = message[places[i]];
            const auto whole = std::span(word).first(places.size());
            if (std::all_of(whole.begin(), whole.end(), [](std::uint8_t w) { return w == 0; }))
                more -= other.check - read.check;
            Polynomial s;
            return syndromes(whole, other.check, s);
        };
        int b = 0;
        while (b < read.blocks() && holds(b)) ++b;
        if (b == read.blocks() && more >= least) return level;
    }
    return in.codewords.level;
}

// Of the message as one of this level.
Status correct_as(Level level, const CorrectIn& in, const Tunables::Correct& tunables, Context& context, Message& out) {
    const Codewords& codewords = in.codewords;
    Blocks blocks;
    if (!in.spec.blocks(codewords.version, level, blocks)) return Status::correction;
    if (codewords.bytes.size() != static_cast<std::size_t>(blocks.total())) return Status::correction;

    out.codewords.assign(codewords.bytes.begin(), codewords.bytes.end());
    out.mended.assign(codewords.bytes.size(), 0);
    out.data.resize(static_cast<std::size_t>(blocks.data_total()));
    out.level = level;
    out.corrected = out.erased = 0;
    out.margin = 1;
    out.chance = 0;

    // The last data codeword of M1 and M3 has four bits, which the field knows as the high ones. A mended one that
    // needs more is no codeword of these symbols.
    const unsigned absent = (1u << in.spec.stream.missing_bits(codewords.version)) - 1;
    Status worst = Status::ok;
    std::size_t filled = 0;
    Corrector corrector(in, tunables, blocks);
    for (int b = 0; b < blocks.blocks(); ++b) {
        if (!context.budget.spend(1) || !context.budget.look()) return Status::budget;
        const BlockPlaces places{blocks, b};
        std::array<std::uint8_t, max_word> storage;
        const std::span<std::uint8_t> word(storage.data(), places.size());
        for (std::size_t i = 0; i < word.size(); ++i) word[i] = codewords.bytes[places[i]];

        BlockOutcome got = corrector(places, word);
        std::uint8_t& last = word[static_cast<std::size_t>(places.data() - 1)];
        if (last & absent) {
            // Prints exist whose encoder made the check codewords with 1111 1111 in the place of 0000.
            if (last == 0xFF && codewords.bytes[places[static_cast<std::size_t>(places.data() - 1)]] == 0) last = 0;
            else got.status = Status::correction;
        }
        worst = std::min(worst, got.status);
        if (got.status == Status::ok) {
            for (std::size_t i = 0; i < word.size(); ++i) {
                out.codewords[places[i]] = word[i];
                out.mended[places[i]] = 1;
            }
            out.corrected += got.changed;
            out.erased += got.erased;
            out.margin =
                std::min(out.margin, static_cast<double>(blocks.check - got.erased - 2 * got.errors) / blocks.check);
            out.chance += got.chance;
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(places.data()); ++i) out.data[filled++] = word[i];
    }
    if (worst != Status::ok) {
        out.margin = 0;
        out.chance = 1;
        return worst;
    }
    const Level stronger = level == codewords.level ? level_of_blocks(in, blocks, out.codewords) : level;
    return stronger == level ? Status::ok : correct_as(stronger, in, tunables, context, out);
}

}  // namespace

BlockMended mend_block(std::span<std::uint8_t> word, int check, std::span<const std::uint8_t> erasures,
                       int max_errors) {
    if (word.size() > max_word || check < 0 || static_cast<std::size_t>(check) > word.size()) return {false, 0, 0};
    for (const std::uint8_t e : erasures)
        if (e >= word.size()) return {false, 0, 0};
    Polynomial s;
    if (syndromes(word, check, s)) return {true, 0, 0};
    return mend(word, check, s, erasures, max_errors);
}

Status correct(const CorrectIn& in, const Tunables::Correct& tunables, Context& context, Message& out) {
    return correct_as(in.codewords.level, in, tunables, context, out);
}

}  // namespace qrcore
