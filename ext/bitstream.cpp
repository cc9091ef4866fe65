#include "bitstream.hpp"

namespace qrcore {
namespace {

// Reads bits, most significant first. Asking for more than are left is an error of the caller.
class Bits {
public:
    Bits(std::span<const std::uint8_t> bytes, std::size_t missing)
        : bytes_(bytes), size_(bytes.size() * 8 > missing ? bytes.size() * 8 - missing : 0) {}

    std::size_t left() const { return size_ - at_; }
    bool has(int n) const { return left() >= static_cast<std::size_t>(n); }
    unsigned peek(int n) const {  // up to 24
        std::uint64_t window = 0;
        for (std::size_t i = at_ / 8; i < at_ / 8 + 4; ++i) window = window << 8 | (i < bytes_.size() ? bytes_[i] : 0u);
        return static_cast<unsigned>((window << at_ % 8 & 0xFFFFFFFFu) >> (32 - n));
    }
    unsigned take(int n) {
        const unsigned value = peek(n);
        at_ += static_cast<std::size_t>(n);
        return value;
    }
    void align() { at_ = at_ + 7 < size_ ? (at_ + 7) / 8 * 8 : size_; }
    int to_boundary() const {
        const std::size_t n = (8 - at_ % 8) % 8;
        return static_cast<int>(n < left() ? n : left());
    }
    bool at_boundary() const { return at_ % 8 == 0; }

private:
    std::span<const std::uint8_t> bytes_;
    std::size_t size_, at_ = 0;
};

// Zero bits up to a codeword boundary, then the pad codewords 11101100 and 00010001 in turn; zeros where the last
// codeword is short (clause 7.4.10).
bool is_padding(Bits bits) {
    if (bits.take(bits.to_boundary()) != 0) return false;
    for (unsigned pad = 0xEC; bits.has(8); pad ^= 0xEC ^ 0x11)
        if (bits.take(8) != pad) return false;
    return bits.take(static_cast<int>(bits.left())) == 0;
}

// Padding that follows the last segment at once. Two whole pad codewords are asked for: fewer may be a segment.
bool lacks_terminator(Bits bits) {
    Bits pads = bits;
    pads.align();
    return pads.left() >= 16 && is_padding(bits);
}

constexpr char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";  // clause 7.4.5, Table 5
constexpr unsigned alphanumerics = 45;
constexpr std::uint8_t group_separator = 0x1D;

class Reader {
public:
    Reader(const BitstreamIn& in, Content& out)
        : version_(in.version),
          code_(in.spec.stream),
          out_(out),
          bits_(in.data, static_cast<std::size_t>(code_.missing_bits(in.version))) {}

    Status operator()() {
        if (!bits_.has(code_.lead_bits) || bits_.take(code_.lead_bits) != 0) return Status::bitstream;
        for (Step step = Step::go_on; step == Step::go_on;) {
            step = next();
            if (step == Step::fail) return Status::bitstream;
        }
        return out_.data.empty() && !out_.padding_ok ? Status::bitstream : Status::ok;
    }

private:
    enum class Step { go_on, end, fail };

    Step next() {
        const int terminator = code_.terminator_bits(version_);
        if (!bits_.has(terminator)) return end(bits_.peek(static_cast<int>(bits_.left())) == 0);
        if (bits_.peek(terminator) == 0) {
            bits_.take(terminator);
            return end(is_padding(bits_));
        }
        if (lacks_terminator(bits_)) return end(false);
        const Indicator mode = code_.indicator(version_, bits_.take(code_.mode_bits(version_)));
        switch (mode) {
            case Indicator::numeric: return segment(mode, Mode::numeric, &Reader::numeric);
            case Indicator::alphanumeric: return segment(mode, Mode::alphanumeric, &Reader::alphanumerics_);
            case Indicator::byte: return segment(mode, Mode::byte, &Reader::bytes);
            case Indicator::kanji: return segment(mode, Mode::kanji, &Reader::kanji);
            case Indicator::hanzi: return hanzi_subset() ? segment(mode, Mode::hanzi, &Reader::hanzi) : Step::fail;
            case Indicator::eci: return checked(eci());
            case Indicator::append: return checked(append());
            case Indicator::fnc1_first: return checked(fnc1(Fnc1::gs1));
            case Indicator::fnc1_second: return checked(fnc1(Fnc1::aim) && aim_indicator());
            default: return Step::fail;
        }
    }

    Step end(bool padding_ok) {
        out_.padding_ok = padding_ok;
        return Step::end;
    }
    static Step checked(bool good) { return good ? Step::go_on : Step::fail; }

    Step segment(Indicator mode, Mode as, bool (Reader::*read)(unsigned count)) {
        const int count_bits = code_.count_bits(version_, mode);
        if (!bits_.has(count_bits)) return Step::fail;
        const auto offset = static_cast<std::uint32_t>(out_.data.size());
        if (!(this->*read)(bits_.take(count_bits))) return Step::fail;
        const auto length = static_cast<std::uint32_t>(out_.data.size()) - offset;
        out_.segments.push_back({as, eci_, offset, length});
        return Step::go_on;
    }

    // Clause 7.4.4: three digits in 10 bits; two left over in 7, one in 4.
    bool numeric(unsigned count) {
        constexpr int bits[4] = {0, 4, 7, 10};
        constexpr unsigned limit[4] = {1, 10, 100, 1000};
        while (count > 0) {
            const unsigned n = count < 3 ? count : 3;
            if (!bits_.has(bits[n])) return false;
            const unsigned value = bits_.take(bits[n]);
            if (value >= limit[n]) return false;
            for (unsigned place = limit[n] / 10; place > 0; place /= 10) put('0' + value / place % 10);
            count -= n;
        }
        return true;
    }

    // Clause 7.4.5: two characters in 11 bits, one left over in 6.
    bool alphanumerics_(unsigned count) {
        const std::size_t start = out_.data.size();
        for (; count >= 2; count -= 2) {
            if (!bits_.has(11)) return false;
            const unsigned value = bits_.take(11);
            if (value >= alphanumerics * alphanumerics) return false;
            put(static_cast<unsigned char>(alphanumeric[value / alphanumerics]));
            put(static_cast<unsigned char>(alphanumeric[value % alphanumerics]));
        }
        if (count > 0) {
            if (!bits_.has(6)) return false;
            const unsigned value = bits_.take(6);
            if (value >= alphanumerics) return false;
            put(static_cast<unsigned char>(alphanumeric[value]));
        }
        if (out_.fnc1 != Fnc1::none) unescape(start);
        return true;
    }

    void unescape(std::size_t start) {
        std::size_t to = start;
        for (std::size_t from = start; from < out_.data.size(); ++from) {
            std::uint8_t c = out_.data[from];
            if (c == '%') {
                const bool doubled = from + 1 < out_.data.size() && out_.data[from + 1] == '%';
                if (doubled) ++from;
                else c = group_separator;
            }
            out_.data[to++] = c;
        }
        out_.data.resize(to);
    }

    bool bytes(unsigned count) {
        if (bits_.left() / 8 < count) return false;
        for (; count > 0; --count) put(bits_.take(8));
        return true;
    }

    // Clause 7.4.7: 13 bits for the Shift_JIS characters 0x8140 .. 0x9FFC and 0xE040 .. 0xEBBF.
    bool kanji(unsigned count) {
        if (bits_.left() / 13 < count) return false;
        for (; count > 0; --count) {
            const unsigned value = bits_.take(13), packed = value / 0xC0 << 8 | value % 0xC0;
            const unsigned code = packed + (packed < 0x1F00 ? 0x8140 : 0xC140), trail = code & 0xFF;
            if (trail == 0x7F || trail > 0xFC) return false;
            put(code >> 8);
            put(trail);
        }
        return true;
    }

    bool hanzi_subset() { return bits_.has(4) && bits_.take(4) == 1; }  // 0001: GB 2312

    // GB/T 18284: 13 bits for the GB 2312 characters 0xA1A1 .. 0xAAFE and 0xB0A1 .. 0xFAFE.
    bool hanzi(unsigned count) {
        if (bits_.left() / 13 < count) return false;
        for (; count > 0; --count) {
            const unsigned value = bits_.take(13), lead = value / 0x60, trail = value % 0x60;
            if (lead > 0xFA - 0xA6 || trail > 0xFE - 0xA1) return false;
            put(lead + (lead < 0x0A ? 0xA1 : 0xA6));
            put(trail + 0xA1);
        }
        return true;
    }

    // Clause 7.4.3.2, Table 4: one to three bytes, told apart by the leading ones.
    bool eci() {
        for (int bytes = 1; bytes <= 3; ++bytes) {
            if (!bits_.has(8 * bytes)) return false;
            if (bits_.peek(bytes) & 1) continue;
            eci_ = static_cast<int>(bits_.take(8 * bytes) & ((1u << 7 * bytes) - 1));
            return eci_ <= 999999;
        }
        return false;
    }

    // Clause 8. A place beyond the number of parts helps nobody; the text still stands.
    bool append() {
        if (appended_ || !out_.segments.empty() || !bits_.has(16)) return false;
        appended_ = true;
        const int index = static_cast<int>(bits_.take(4)), total = static_cast<int>(bits_.take(4)) + 1;
        const int parity = static_cast<int>(bits_.take(8));
        if (index < total) out_.append = {index, total, parity};
        return true;
    }

    bool fnc1(Fnc1 position) {
        if (out_.fnc1 != Fnc1::none || !out_.segments.empty()) return false;
        out_.fnc1 = position;
        return true;
    }

    // Clause 7.4.8.3: two digits as their number, or a letter as its ASCII value and 100.
    bool aim_indicator() {
        if (!bits_.has(8)) return false;
        const int value = static_cast<int>(bits_.take(8));
        out_.aim_indicator = value;
        const int letter = (value - 100) | 0x20;
        return value < 100 || (letter >= 'a' && letter <= 'z');
    }

    void put(unsigned byte) { out_.data.push_back(static_cast<std::uint8_t>(byte)); }

    const int version_;
    const StreamCode& code_;
    Content& out_;
    Bits bits_;
    int eci_ = -1;
    bool appended_ = false;
};

}  // namespace

Status read_bitstream(const BitstreamIn& in, Context& context, Content& out) {
    if (!context.budget.spend(1 + static_cast<std::uint32_t>(in.data.size() / 64))) return Status::budget;
    out.data.clear();
    out.segments.clear();
    out.fnc1 = Fnc1::none;
    out.aim_indicator = -1;
    out.append = {};
    out.padding_ok = true;
    return Reader(in, out)();
}

}  // namespace qrcore
