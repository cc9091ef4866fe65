// Stage "bitstream": from data codewords to segments of bytes (ISO/IEC 18004:2024, clause 7.4; GB/T 18284 for Hanzi).
#pragma once

#include <span>

#include "context.hpp"
#include "types.hpp"

namespace qrcore {

struct BitstreamIn {
    std::span<const std::uint8_t> data;
    int version;
    const SymbologySpec& spec;
};

// Status::bitstream or Status::ok.
//
// What real encoders get wrong after the last segment (no terminator, odd padding) is tolerated and told in
// out.padding_ok. Wrong before it is: an unknown mode indicator, a segment that is longer than the data, a character
// value out of range, FNC1 or structured append after the first segment or twice, an ECI above 999999. A message of no
// bytes is accepted only with terminator and padding exactly as the standard has them, since nothing else tells it
// from noise. In alphanumeric segments under FNC1, "%" is the separator U+001D and "%%" a percent sign
// (clause 7.4.8.1).
Status read_bitstream(const BitstreamIn& in, Context& context, Content& out);

}  // namespace qrcore
