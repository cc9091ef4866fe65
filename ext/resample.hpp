// The picture straightened by a grid.
#pragma once

#include <span>

#include "context.hpp"
#include "types.hpp"

namespace qrcore {

struct Resampled {
    std::span<float> luma;  // width * height, row by row; scratch memory
    int width = 0, height = 0;
    double outside = 0;  // share of the symbol's module corners that lie more than half a module outside the picture

    const float* row(int j) const { return luma.data() + static_cast<std::ptrdiff_t>(j) * width; }
};

// Samples of one pyramid level, `per_module` a module, over the symbol and `margin` modules around it: sample (i, j)
// lies at module coordinates (i, j) / per_module - margin. The grid is followed exactly at module corners and
// linearly in between. Outside the picture its edge pixels go on. Where the budget ends meanwhile, rows are missing.
Resampled resample(const Pyramid& pyramid, int level, const Grid& grid, int per_module, int margin, Context& context);

// The same at the centres of the symbol's modules alone, a sample a module.
Resampled resample_centres(const Pyramid& pyramid, int level, const Grid& grid, Context& context);

}  // namespace qrcore
