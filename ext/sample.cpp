#include "sample.hpp"

#include "interpolate.hpp"

namespace qrcore {

Status sample(const SampleIn& in, const Tunables::Sample& tunables, Context& context, Lattice& out) {
    const Layout& layout = *in.grid.layout;
    out.layout = &layout;
    out.width = 2 * (layout.size.width + 2 * Lattice::margin) + 1;
    out.height = 2 * (layout.size.height + 2 * Lattice::margin) + 1;
    const auto n = static_cast<std::size_t>(out.width) * out.height;
    out.luma.resize(n);
    out.covered.resize(n);
    const int level = level_for(in.pyramid, in.grid.module, tunables.pixels_a_module);
    const double scale = 1.0 / (1 << level);
    const ImageView& image = in.pyramid.level[level];
    const ImageView& whole = in.pyramid.level[0];
    const double w = layout.size.width, h = layout.size.height;
    std::size_t outside = 0, k = 0;
    for (int j = 0; j < out.height; ++j) {
        if (!context.budget.spend(static_cast<std::uint32_t>(out.width / 32))) return Status::budget;
        for (int i = 0; i < out.width; ++i, ++k) {
            const Point module{0.5 * i - Lattice::margin, 0.5 * j - Lattice::margin}, p = in.grid(module);
            const bool inside = p.x >= 0 && p.y >= 0 && p.x < whole.width && p.y < whole.height;
            outside += !inside && module.x > 0 && module.y > 0 && module.x < w && module.y < h;
            const float l = bilinear(image, static_cast<float>(p.x * scale), static_cast<float>(p.y * scale));
            out.luma[k] = l;
            out.covered[k] = !inside || l >= tunables.saturated;
        }
    }
    return 10 * outside > n ? Status::grid : Status::ok;
}

}  // namespace qrcore
