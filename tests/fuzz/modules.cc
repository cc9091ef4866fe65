// A grid of modules through symbol, correct and bitstream: either any confidences at all, where nothing may crash, or
// an encoded message with a few damaged codewords, which must come back.
#include <cstring>
#include <vector>

#include "bitstream.hpp"
#include "correct.hpp"
#include "symbol.hpp"
#include "symbols.hpp"

namespace {

using namespace qrcore;

constexpr float sure = 4;

void round_trip(fuzz::Input& input, fuzz::Kind kind, fuzz::Stage& stage) {
    if (!kind.resolve()) return;
    const int missing = kind.spec->stream.missing_bits(kind.version), lead = kind.spec->stream.lead_bits;
    std::vector<std::uint8_t> data(static_cast<std::size_t>(kind.blocks.data_total()));
    const int wrong = kind.blocks.correctable ? input.below(kind.blocks.correctable + 1) : 0;
    for (auto& d : data) d = input.byte();
    data.back() = static_cast<std::uint8_t>(data.back() >> missing << missing);
    data.front() = static_cast<std::uint8_t>(data.front() & 0xFF >> lead);

    fuzz::Drawn symbol = fuzz::draw(kind, data);
    const auto& placement = kind.layout().placement;
    // What is left over is less than one more codeword in each block.
    fuzz::require(symbol.placed <= placement.size() &&
                  placement.size() - symbol.placed < 8 * static_cast<std::size_t>(kind.blocks.blocks()));
    // Up to `wrong` codewords are damaged; whatever blocks they fall in, none has more than it can bear.
    std::size_t k = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(wrong); ++i) {
        const unsigned flip = input.byte();
        const int bits = i + 1 == data.size() ? 8 - missing : 8;
        for (int bit = i ? 7 : 7 - lead; bit > 7 - bits; --bit, ++k) symbol.at(placement[k]) ^= flip >> bit & 1;
    }

    Modules modules{symbol.size(), {}};
    for (const auto dark : symbol.dark) modules.llr.push_back(dark ? sure : -sure);
    static Codewords codewords;
    static Message message;
    const Tunables tunables;
    fuzz::require(read_symbol({modules, kind.layout(), *kind.spec}, tunables.symbol, stage.context, codewords) ==
                  Status::ok);
    fuzz::require(codewords.level == kind.level && codewords.mask == kind.mask && !codewords.mirrored);
    fuzz::require(correct({codewords, *kind.spec}, tunables.correct, stage.context, message) == Status::ok);
    fuzz::require(message.data == data && message.codewords == symbol.sent);
}

void any_confidences(fuzz::Input& input, const fuzz::Kind& kind, fuzz::Stage& stage) {
    const Layout& layout = kind.layout();
    Modules modules{layout.size, {}};
    for (const Role role : layout.role) modules.llr.push_back(role == Role::dark ? sure : -sure);
    const bool as_floats = input.byte() & 1, erasures = input.byte() & 1;
    const int guess = input.byte() % 70;
    for (auto& llr : modules.llr) {
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
    if (read_symbol({modules, layout, *kind.spec, guess}, tunables.symbol, stage.context, codewords) != Status::ok)
        return;
    const auto status = correct({codewords, *kind.spec, erasures, 1}, tunables.correct, stage.context, message);
    fuzz::require(message.codewords.size() == codewords.bytes.size() &&
                  message.mended.size() == codewords.bytes.size());
    fuzz::require(message.margin >= 0 && message.margin <= 1 && message.chance >= 0);
    if (status != Status::ok) return;
    read_bitstream({message.data, kind.version, *kind.spec}, stage.context, content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Stage stage;
    fuzz::Input input(data, size);
    const bool encoded = input.byte() & 1;
    const fuzz::Kind kind = fuzz::any_kind(input);
    encoded ? round_trip(input, kind, stage) : any_confidences(input, kind, stage);
    return 0;
}
