#include "resample.hpp"

#include <algorithm>

#include "interpolate.hpp"

namespace qrcore {

Resampled resample(const Pyramid& pyramid, int level, const Grid& grid, int per_module, int margin, Context& context,
                   bool centres) {
    Scratch& scratch = context.scratch;
    const Size size = grid.layout->size;
    const ImageView& image = pyramid.level[level];
    const double scale = 1.0 / (1 << level);
    const int columns = size.width + 2 * margin + 1, rows = size.height + 2 * margin + 1;
    Resampled out;
    out.width = per_module * (columns - 1) + 1;
    out.height = per_module * (rows - 1) + 1;
    out.luma = scratch.take<float>(static_cast<std::size_t>(out.width) * out.height);

    // Places of the module corners, in pixels of the level.
    Scratch::Frame frame(scratch);
    const auto corners = static_cast<std::size_t>(columns) * rows;
    auto x = scratch.take<float>(corners), y = scratch.take<float>(corners);
    const double slack = 0.5 * grid.module;  // a symbol may end at the picture's edge
    const double right = pyramid.level[0].width + slack, bottom = pyramid.level[0].height + slack;
    int outside = 0;
    std::size_t k = 0;
    for (int j = 0; j < rows; ++j)
        for (int i = 0; i < columns; ++i, ++k) {
            const Point p = grid({static_cast<double>(i - margin), static_cast<double>(j - margin)});
            x[k] = static_cast<float>(p.x * scale);
            y[k] = static_cast<float>(p.y * scale);
            outside += !(p.x >= -slack && p.y >= -slack && p.x <= right && p.y <= bottom) && i >= margin &&
                       i < columns - margin && j >= margin && j < rows - margin;
        }
    out.outside = static_cast<double>(outside) / ((size.width + 1) * (size.height + 1));

    auto corner_x = scratch.take<float>(static_cast<std::size_t>(columns)),
         corner_y = scratch.take<float>(static_cast<std::size_t>(columns));
    auto place_x = scratch.take<float>(static_cast<std::size_t>(out.width)),
         place_y = scratch.take<float>(static_cast<std::size_t>(out.width));
    auto values = scratch.take<float>(static_cast<std::size_t>(columns));
    const float part = 1.0f / static_cast<float>(per_module);
    for (int j = centres; j < out.height; j += centres ? 2 : 1) {
        if (j / 2 % 8 == 0 && !context.budget.look()) break;
        const int above = std::min(j / per_module, rows - 2);
        const float f = static_cast<float>(j - above * per_module) * part;
        const float *ax = x.data() + static_cast<std::ptrdiff_t>(above) * columns, *bx = ax + columns;
        const float *ay = y.data() + static_cast<std::ptrdiff_t>(above) * columns, *by = ay + columns;
        for (int i = 0; i < columns; ++i) {
            corner_x[i] = ax[i] + f * (bx[i] - ax[i]);
            corner_y[i] = ay[i] + f * (by[i] - ay[i]);
        }
        float* row = out.luma.data() + static_cast<std::ptrdiff_t>(j) * out.width;
        if (centres) {
            const auto modules = static_cast<std::size_t>(columns - 1);
            for (std::size_t i = 0; i < modules; ++i) {
                place_x[i] = corner_x[i] + 0.5f * (corner_x[i + 1] - corner_x[i]);
                place_y[i] = corner_y[i] + 0.5f * (corner_y[i + 1] - corner_y[i]);
            }
            bilinear(image, place_x.first(modules), place_y.first(modules), values.data());
            for (std::size_t i = 0; i < modules; ++i) row[2 * i + 1] = values[i];
            continue;
        }
        std::size_t to = 0;
        for (int i = 0; i + 1 < columns; ++i) {
            const float dx = part * (corner_x[i + 1] - corner_x[i]), dy = part * (corner_y[i + 1] - corner_y[i]);
            for (int s = 0; s < per_module; ++s, ++to) {
                place_x[to] = corner_x[i] + static_cast<float>(s) * dx;
                place_y[to] = corner_y[i] + static_cast<float>(s) * dy;
            }
        }
        place_x[to] = corner_x[columns - 1];
        place_y[to] = corner_y[columns - 1];
        bilinear(image, place_x, place_y, row);
    }
    return out;
}

}  // namespace qrcore
