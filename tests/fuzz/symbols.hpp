// Symbols of every version and level, encoded naively: only the layout tables are shared with the core.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "encode.hpp"
#include "tables.hpp"

namespace fuzz {

// Drawn once: under the sanitizers that takes longer than all the rest.
inline const qrcore::Layout& layout_of(const qrcore::SymbologySpec& spec, int version) {
    static std::array<std::array<qrcore::Layout, 41>, qrcore::symbology_count> drawn;
    auto& layout = drawn[static_cast<std::size_t>(spec.id)][static_cast<std::size_t>(version)];
    if (layout.version == 0) spec.layout(version, layout);
    return layout;
}

// Which symbol: of what family, size, level and mask. Not every value is a symbol; `blocks` is that of those that are.
struct Kind {
    const qrcore::SymbologySpec* spec;
    int version, value;  // value: of the format information
    qrcore::Level level{};
    int mask = 0;
    qrcore::Blocks blocks{};

    // False where there is no such symbol.
    bool resolve() { return spec->format.meaning(value, version, level, mask) && spec->blocks(version, level, blocks); }
    const qrcore::Layout& layout() const { return layout_of(*spec, version); }
};

inline Kind any_kind(Input& input) {
    const auto specs = qrcore::symbologies();
    const auto& spec = specs[static_cast<std::size_t>(input.byte()) % specs.size()];
    const int version = spec.first_version + input.byte() % (spec.last_version - spec.first_version + 1);
    return {&spec, version, input.below(spec.format.values)};
}

// A row of bits, most significant first.
class BitWriter {
public:
    void put(unsigned value, int bits) {
        for (int b = bits - 1; b >= 0; --b) bits_.push_back(value >> b & 1);
    }
    std::size_t size() const { return bits_.size(); }
    // Cut or filled up with zeros to `bits`, in whole bytes.
    std::vector<std::uint8_t> bytes(std::size_t bits) {
        bits_.resize(bits);
        std::vector<std::uint8_t> out((bits + 7) / 8);
        for (std::size_t i = 0; i < bits; ++i)
            if (bits_[i]) out[i / 8] = static_cast<std::uint8_t>(out[i / 8] | 0x80 >> i % 8);
        return out;
    }

private:
    std::vector<bool> bits_;
};

// The data codewords of a message of one segment: bytes where the symbol has that mode, else their last digits in
// decimal. As much of the text as fits; `text` is cut to what was written.
inline std::vector<std::uint8_t> data_codewords(const Kind& kind, std::vector<std::uint8_t>& text) {
    using qrcore::Indicator;
    const auto& stream = kind.spec->stream;
    const int v = kind.version, mode_bits = stream.mode_bits(v), terminator = stream.terminator_bits(v);
    const auto capacity = static_cast<std::size_t>(8 * kind.blocks.data_total() - stream.missing_bits(v));
    Indicator mode = Indicator::invalid;
    unsigned code = 0;
    for (const Indicator wanted : {Indicator::byte, Indicator::numeric})
        for (unsigned c = 0; c < 1u << mode_bits && mode == Indicator::invalid; ++c)
            if (stream.indicator(v, c) == wanted && stream.count_bits(v, wanted) > 0) mode = wanted, code = c;

    BitWriter out;
    out.put(0, stream.lead_bits);
    out.put(code, mode_bits);
    const int count_bits = stream.count_bits(v, mode);
    const std::size_t room = capacity - out.size() - static_cast<std::size_t>(count_bits);
    const std::size_t most =
        std::min(mode == Indicator::byte ? room / 8 : room * 3 / 10, (std::size_t{1} << count_bits) - 1);
    if (text.size() > most) text.resize(most);
    out.put(static_cast<unsigned>(text.size()), count_bits);
    if (mode == Indicator::byte) {
        for (const auto c : text) out.put(c, 8);
    } else {
        for (auto& c : text) c = static_cast<std::uint8_t>('0' + c % 10);
        for (std::size_t i = 0; i < text.size(); i += 3) {
            unsigned value = 0;
            const std::size_t n = std::min<std::size_t>(3, text.size() - i);
            for (std::size_t k = i; k < i + n; ++k) value = 10 * value + text[k] - '0';
            out.put(value, n == 3 ? 10 : n == 2 ? 7 : 4);
        }
    }
    out.put(0, static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(terminator), capacity - out.size())));
    out.put(0, static_cast<int>(std::min((8 - out.size() % 8) % 8, capacity - out.size())));
    for (unsigned pad = 0xEC; out.size() + 8 <= capacity; pad ^= 0xEC ^ 0x11) out.put(pad, 8);
    return out.bytes(capacity);
}

// The message of these data codewords: check codewords added, and interleaved where the symbology has it so.
inline std::vector<std::uint8_t> final_message(const std::vector<std::uint8_t>& data, const qrcore::Blocks& blocks) {
    std::vector<std::vector<std::uint8_t>> parts, checks;
    std::size_t from = 0;
    for (int b = 0; b < blocks.blocks(); ++b) {
        const auto n = static_cast<std::size_t>(blocks.data + (b >= blocks.count));
        parts.emplace_back(data.begin() + static_cast<std::ptrdiff_t>(from),
                           data.begin() + static_cast<std::ptrdiff_t>(from + n));
        checks.push_back(check_codewords(parts.back(), static_cast<std::size_t>(blocks.check)));
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

// Modules row by row, 1 is dark.
struct Drawn {
    Kind kind;
    std::vector<std::uint8_t> sent;  // the final message
    std::vector<std::uint8_t> dark;
    std::size_t placed = 0;  // modules that the message filled

    qrcore::Size size() const { return kind.layout().size; }
    std::uint8_t& at(qrcore::ModuleAt m) {
        return dark[static_cast<std::size_t>(m.y) * static_cast<std::size_t>(size().width) + m.x];
    }
};

// The symbol of these data codewords; `kind` must be resolved.
inline Drawn draw(const Kind& kind, const std::vector<std::uint8_t>& data) {
    const auto& spec = *kind.spec;
    const auto& layout = kind.layout();
    Drawn out{kind, final_message(data, kind.blocks), std::vector<std::uint8_t>(layout.role.size())};
    for (std::size_t i = 0; i < layout.role.size(); ++i) out.dark[i] = layout.role[i] == qrcore::Role::dark;
    const auto write = [&](const std::vector<qrcore::ModuleAt>& places, std::uint32_t word) {
        for (std::size_t i = 0; i < places.size(); ++i) out.at(places[i]) = word >> (places.size() - 1 - i) & 1;
    };
    for (std::size_t c = 0; c < 2; ++c) {
        write(layout.format[c], spec.format.word(kind.value) ^ spec.format.exclusive_or[c]);
        if (spec.version_word) write(layout.version_info[c], spec.version_word(kind.version));
    }
    const int missing = spec.stream.missing_bits(kind.version), lead = spec.stream.lead_bits;
    for (std::size_t i = 0; i < out.sent.size(); ++i) {
        const int bits = i + 1 == data.size() ? 8 - missing : 8;
        for (int bit = i ? 7 : 7 - lead; bit > 7 - bits; --bit, ++out.placed) {
            const auto m = layout.placement.at(out.placed);
            out.at(m) = (out.sent[i] >> bit & 1) != static_cast<unsigned>(spec.mask(kind.mask, m.x, m.y));
        }
    }
    // What is left over is white before masking.
    for (std::size_t k = out.placed; k < layout.placement.size(); ++k) {
        const auto m = layout.placement[k];
        out.at(m) = spec.mask(kind.mask, m.x, m.y);
    }
    return out;
}

}  // namespace fuzz
