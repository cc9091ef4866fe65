#include "doubt.hpp"

#include <algorithm>

namespace qrcore {

Status doubt(const DoubtIn& in, const Tunables::Doubt& tunables, Context& context, Modules& modules) {
    const int w = modules.size.width, h = modules.size.height;
    Scratch::Frame frame(context.scratch);
    // Sums of dark modules over the rectangle from the corner.
    auto sums = context.scratch.take<int>(static_cast<std::size_t>(w + 1) * (h + 1), 0);
    const auto sum = [&](int x, int y) -> int& { return sums[static_cast<std::size_t>(y) * (w + 1) + x]; };
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x)
            sum(x + 1, y + 1) = sum(x, y + 1) + sum(x + 1, y) - sum(x, y) + (modules.at(x, y) > 0);
    const auto one_colour = [&](int x, int y, int reach, int exceptions) {
        const int x0 = std::max(x - reach, 0), y0 = std::max(y - reach, 0);
        const int x1 = std::min(x + reach + 1, w), y1 = std::min(y + reach + 1, h);
        const int dark = sum(x1, y1) - sum(x0, y1) - sum(x1, y0) + sum(x0, y0);
        return std::min(dark, (x1 - x0) * (y1 - y0) - dark) <= exceptions;
    };
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) {
            if (in.layout.at(x, y) != Role::data) continue;
            float& llr = modules.llr[static_cast<std::size_t>(y) * w + x];
            if (one_colour(x, y, 2, tunables.exceptions)) llr *= static_cast<float>(tunables.in_large_area);
            else if (one_colour(x, y, 1, 0)) llr *= static_cast<float>(tunables.in_small_area);
        }
    return Status::ok;
}

}  // namespace qrcore
