// A grid of modules through symbol, correct and bitstream: either any confidences at all, where nothing may crash, or
// an encoded message with a few damaged codewords, which must come back.
#include <array>
#include <cstring>
#include <vector>

#include "bitstream.hpp"
#include "correct.hpp"
#include "encode.hpp"
#include "symbol.hpp"

namespace {

using namespace qrcore;

struct Symbol {
    const SymbologySpec& spec;
    const Layout& layout;
    Modules modules;

    float& at(ModuleAt m) {
        return modules.llr[static_cast<std::size_t>(m.y) * static_cast<std::size_t>(layout.size.width) + m.x];
    }
};

// Drawn once: under the sanitizers that takes longer than all the rest.
const Layout& layout_of(std::size_t which, int version) {
    static std::vector<std::array<Layout, 41>> drawn(symbologies().size());
    Layout& layout = drawn[which][static_cast<std::size_t>(version)];
    if (layout.version == 0) symbologies()[which].layout(version, layout);
    return layout;
}

Symbol blank(fuzz::Input& input) {
    const std::size_t which = input.byte() % symbologies().size();
    const auto& spec = symbologies()[which];
    const int version = spec.first_version + input.byte() % (spec.last_version - spec.first_version + 1);
    Symbol s{spec, layout_of(which, version), {}};
    s.modules.size = s.layout.size;
    s.modules.llr.resize(s.layout.role.size());
    for (std::size_t i = 0; i < s.layout.role.size(); ++i)
        s.modules.llr[i] = s.layout.role[i] == Role::dark ? 4.f : -4.f;
    return s;
}

void write_word(Symbol& s, const std::vector<ModuleAt>& places, std::uint32_t word) {
    for (std::size_t i = 0; i < places.size(); ++i) s.at(places[i]) = word >> (places.size() - 1 - i) & 1 ? 4.f : -4.f;
}

// The message of these data codewords: check codewords added, and interleaved where the symbology has it so.
std::vector<std::uint8_t> final_message(const std::vector<std::uint8_t>& data, const Blocks& blocks) {
    std::vector<std::vector<std::uint8_t>> parts, checks;
    std::size_t from = 0;
    for (int b = 0; b < blocks.blocks(); ++b) {
        const auto n = static_cast<std::size_t>(blocks.data + (b >= blocks.count));
        parts.emplace_back(data.begin() + static_cast<std::ptrdiff_t>(from),
                           data.begin() + static_cast<std::ptrdiff_t>(from + n));
        checks.push_back(fuzz::check_codewords(parts.back(), static_cast<std::size_t>(blocks.check)));
        from += n;
    }
    std::vector<std::uint8_t> message;
    for (const auto* group : {&parts, &checks}) {
        if (!blocks.interleaved) {
            for (const auto& part : *group) message.insert(message.end(), part.begin(), part.end());
            continue;
        }
        for (std::size_t i = 0; i < 255; ++i)
            for (const auto& part : *group)
                if (i < part.size()) message.push_back(part[i]);
    }
    return message;
}

void round_trip(fuzz::Input& input, Symbol& s, fuzz::Stage& stage) {
    const int version = s.layout.version, value = input.below(s.spec.format.values);
    Level level{};
    int mask = 0;
    Blocks blocks{};
    if (!s.spec.format.meaning(value, version, level, mask) || !s.spec.blocks(version, level, blocks)) return;
    for (std::size_t c = 0; c < 2; ++c) {
        write_word(s, s.layout.format[c], s.spec.format.word(value) ^ s.spec.format.exclusive_or[c]);
        if (s.spec.version_word) write_word(s, s.layout.version_info[c], s.spec.version_word(version));
    }
    std::vector<std::uint8_t> data(static_cast<std::size_t>(blocks.data_total()));
    const int missing = s.spec.stream.missing_bits(version), lead = s.spec.stream.lead_bits;
    const int wrong = blocks.correctable ? input.below(blocks.correctable + 1) : 0;
    for (auto& d : data) d = input.byte();
    data.back() = static_cast<std::uint8_t>(data.back() >> missing << missing);
    data.front() = static_cast<std::uint8_t>(data.front() & 0xFF >> lead);

    const auto sent = final_message(data, blocks);
    std::size_t k = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const int bits = i + 1 == data.size() ? 8 - missing : 8;
        // Up to `wrong` codewords are damaged; whatever blocks they fall in, none has more than it can bear.
        const unsigned flip = static_cast<int>(i) < wrong ? input.byte() : 0;
        for (int bit = i ? 7 : 7 - lead; bit > 7 - bits; --bit, ++k) {
            const ModuleAt m = s.layout.placement[k];
            const bool dark = ((sent[i] ^ flip) >> bit & 1) != static_cast<unsigned>(s.spec.mask(mask, m.x, m.y));
            s.at(m) = dark ? 4.f : -4.f;
        }
    }
    // What is left over is less than one more codeword in each block.
    fuzz::require(k <= s.layout.placement.size() &&
                  s.layout.placement.size() - k < 8 * static_cast<std::size_t>(blocks.blocks()));

    static Codewords codewords;
    static Message message;
    const Tunables tunables;
    fuzz::require(read_symbol({s.modules, s.layout, s.spec}, tunables.symbol, stage.context, codewords) == Status::ok);
    fuzz::require(codewords.level == level && codewords.mask == mask && !codewords.mirrored);
    fuzz::require(correct({codewords, s.spec}, tunables.correct, stage.context, message) == Status::ok);
    fuzz::require(message.data == data && message.codewords == sent);
}

void any_confidences(fuzz::Input& input, Symbol& s, fuzz::Stage& stage) {
    const bool as_floats = input.byte() & 1, erasures = input.byte() & 1;
    const int guess = input.byte() % 70;
    for (auto& llr : s.modules.llr) {
        if (input.left() == 0) break;
        if (as_floats) {
            const std::uint8_t raw[4] = {input.byte(), input.byte(), input.byte(), input.byte()};
            std::memcpy(&llr, raw, sizeof llr);  // infinities and NaN too
        } else if (const auto v = static_cast<std::int8_t>(input.byte())) {
            llr = static_cast<float>(v) / 16;
        }
    }
    static Codewords codewords;
    static Message message;
    static Content content;
    const Tunables tunables;
    if (read_symbol({s.modules, s.layout, s.spec, guess}, tunables.symbol, stage.context, codewords) != Status::ok)
        return;
    const auto status = correct({codewords, s.spec, erasures, 1}, tunables.correct, stage.context, message);
    fuzz::require(message.codewords.size() == codewords.bytes.size() &&
                  message.mended.size() == codewords.bytes.size());
    fuzz::require(message.margin >= 0 && message.margin <= 1 && message.chance >= 0);
    if (status != Status::ok) return;
    read_bitstream({message.data, s.layout.version, s.spec}, stage.context, content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Stage stage;
    fuzz::Input input(data, size);
    const bool encoded = input.byte() & 1;
    Symbol s = blank(input);
    encoded ? round_trip(input, s, stage) : any_confidences(input, s, stage);
    return 0;
}
