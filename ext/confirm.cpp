#include "confirm.hpp"

#include <cmath>
#include <utility>

namespace qrcore {

Status confirm(const ConfirmIn& in, const Tunables::Confirm& tunables, Context& context) {
    Blocks blocks;
    if (!in.spec.blocks(in.codewords.version, in.codewords.level, blocks) || !blocks.interleaved)
        return Status::acceptance;
    const auto n = static_cast<std::size_t>(blocks.blocks()), data = static_cast<std::size_t>(blocks.data_total());
    if (!context.budget.spend(static_cast<std::uint32_t>(1 + in.message.codewords.size() / 8))) return Status::budget;
    struct Agreement {
        double product = 0, squares = 0;
    };
    Scratch::Frame frame(context.scratch);
    auto of = context.scratch.take<Agreement>(n, {});
    const int short_bits = in.spec.stream.lead_bits + in.spec.stream.missing_bits(in.codewords.version);
    std::size_t bit = 8 * data - static_cast<std::size_t>(short_bits);
    for (std::size_t i = data; i < in.message.codewords.size(); ++i)
        for (int shift = 7; shift >= 0; --shift, ++bit) {
            const ModuleAt m = in.layout.placement[bit];
            const std::size_t x = in.codewords.mirrored ? m.y : m.x, y = in.codewords.mirrored ? m.x : m.y;
            const double value = in.modules.llr[y * static_cast<std::size_t>(in.modules.size.width) + x];
            const bool dark =
                ((in.message.codewords[i] >> shift & 1) != 0) != in.spec.mask(in.codewords.mask, m.x, m.y);
            Agreement& a = of[(i - data) % n];
            a.product += dark ? value : -value;
            a.squares += value * value;
        }
    for (const Agreement& a : of)
        if (!(a.product >= tunables.least_agreement * std::sqrt(a.squares))) return Status::acceptance;
    return Status::ok;
}

}  // namespace qrcore
