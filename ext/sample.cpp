#include "sample.hpp"

#include <algorithm>

#include "interpolate.hpp"
#include "resample.hpp"

namespace qrcore {

Status sample(const SampleIn& in, const Tunables::Sample& tunables, Context& context, Lattice& out) {
    Scratch::Frame frame(context.scratch);
    const int level = level_for(in.pyramid, in.grid.module, tunables.pixels_a_module);
    const Resampled picture = in.whole ? resample(in.pyramid, level, in.grid, 2, Lattice::margin, context)
                                       : resample_centres(in.pyramid, level, in.grid, context);
    const Size size = in.grid.layout->size;
    out.layout = in.grid.layout;
    out.whole = in.whole;
    out.width = 2 * (size.width + 2 * Lattice::margin) + 1;
    out.height = 2 * (size.height + 2 * Lattice::margin) + 1;
    const auto samples = static_cast<std::size_t>(out.width) * out.height;
    if (!context.budget.spend(static_cast<std::uint32_t>(samples / 64))) return Status::budget;
    if (picture.outside > tunables.most_outside) return Status::grid;
    out.luma.resize(samples);
    if (in.whole) std::copy(picture.luma.begin(), picture.luma.end(), out.luma.begin());
    else
        for (int y = 0; y < size.height; ++y)
            for (int x = 0; x < size.width; ++x) out.luma[out.centre(x, y)] = picture.row(y)[x];
    return Status::ok;
}

}  // namespace qrcore
