#include "sample.hpp"

#include <algorithm>

#include "interpolate.hpp"
#include "resample.hpp"

namespace qrcore {

Status sample(const SampleIn& in, const Tunables::Sample& tunables, Context& context, Lattice& out) {
    Scratch::Frame frame(context.scratch);
    const int level = level_for(in.pyramid, in.grid.module, tunables.pixels_a_module);
    const Resampled picture = resample(in.pyramid, level, in.grid, 2, Lattice::margin, context, !in.whole);
    if (!context.budget.spend(static_cast<std::uint32_t>(picture.luma.size() / 64))) return Status::budget;
    if (picture.outside > tunables.most_outside) return Status::grid;
    out.layout = in.grid.layout;
    out.whole = in.whole;
    out.width = picture.width;
    out.height = picture.height;
    out.luma.assign(picture.luma.begin(), picture.luma.end());
    return Status::ok;
}

}  // namespace qrcore
