#include "resample.hpp"

#include <algorithm>

#include "interpolate.hpp"

namespace qrcore {
namespace {

// Bilinear interpolation where all four pixels are known to be inside.
inline float bilinear_inside(const ImageView& image, float x, float y) {
    x -= 0.5f;
    y -= 0.5f;
    const int column = static_cast<int>(x), line = static_cast<int>(y);
    const float fx = x - static_cast<float>(column), fy = y - static_cast<float>(line);
    const std::uint8_t *a = image.row(line) + column, *b = a + image.stride;
    const float top = static_cast<float>(a[0]) + fx * (static_cast<float>(a[1]) - static_cast<float>(a[0]));
    const float low = static_cast<float>(b[0]) + fx * (static_cast<float>(b[1]) - static_cast<float>(b[0]));
    return top + fy * (low - top);
}

}  // namespace

Resampled resample(const Pyramid& pyramid, int level, const Grid& grid, int per_module, int margin, Scratch& scratch) {
    const Size size = grid.layout->size;
    const ImageView& image = pyramid.level[level];
    const double scale = 1.0 / (1 << level);
    const int columns = size.width + 2 * margin + 1, rows = size.height + 2 * margin + 1;
    Resampled out;
    out.width = per_module * (columns - 1) + 1;
    out.height = per_module * (rows - 1) + 1;
    out.luma = scratch.take<float>(static_cast<std::size_t>(out.width) * out.height);

    // Places of the module corners, in pixels of the level; the flags say which rows stay inside.
    Scratch::Frame frame(scratch);
    const auto corners = static_cast<std::size_t>(columns) * rows;
    auto x = scratch.take<float>(corners), y = scratch.take<float>(corners);
    auto row_inside = scratch.take<bool>(static_cast<std::size_t>(rows));
    const auto within = [&](float px, float py) {
        return px >= 0.5f && py >= 0.5f && px < static_cast<float>(image.width) - 0.5f &&
               py < static_cast<float>(image.height) - 0.5f;
    };
    const double slack = 0.5 * grid.module;  // a symbol may end at the picture's edge
    int outside = 0;
    std::size_t k = 0;
    for (int j = 0; j < rows; ++j) {
        bool inside = true;
        for (int i = 0; i < columns; ++i, ++k) {
            const Point p = grid({static_cast<double>(i - margin), static_cast<double>(j - margin)});
            x[k] = static_cast<float>(p.x * scale);
            y[k] = static_cast<float>(p.y * scale);
            if (within(x[k], y[k])) continue;
            inside = false;
            outside += i >= margin && i < columns - margin && j >= margin && j < rows - margin &&
                       !(p.x >= -slack && p.y >= -slack && p.x <= pyramid.level[0].width + slack &&
                         p.y <= pyramid.level[0].height + slack);
        }
        row_inside[static_cast<std::size_t>(j)] = inside;
    }
    out.outside = static_cast<double>(outside) / ((size.width + 1) * (size.height + 1));

    auto line_x = scratch.take<float>(static_cast<std::size_t>(columns)),
         line_y = scratch.take<float>(static_cast<std::size_t>(columns));
    const float part = 1.0f / static_cast<float>(per_module);
    float* to = out.luma.data();
    for (int j = 0; j < out.height; ++j) {
        const int above = std::min(j / per_module, rows - 2);
        const float f = static_cast<float>(j - above * per_module) * part;
        const float *ax = x.data() + static_cast<std::ptrdiff_t>(above) * columns, *bx = ax + columns;
        const float *ay = y.data() + static_cast<std::ptrdiff_t>(above) * columns, *by = ay + columns;
        for (int i = 0; i < columns; ++i) {
            line_x[i] = ax[i] + f * (bx[i] - ax[i]);
            line_y[i] = ay[i] + f * (by[i] - ay[i]);
        }
        const bool inside =
            row_inside[static_cast<std::size_t>(above)] && row_inside[static_cast<std::size_t>(above) + 1];
        for (int i = 0; i + 1 < columns; ++i) {
            const float dx = part * (line_x[i + 1] - line_x[i]), dy = part * (line_y[i + 1] - line_y[i]);
            for (int s = 0; s < per_module; ++s) {
                const float px = line_x[i] + static_cast<float>(s) * dx, py = line_y[i] + static_cast<float>(s) * dy;
                *to++ = inside ? bilinear_inside(image, px, py) : bilinear(image, px, py);
            }
        }
        *to++ = bilinear(image, line_x[columns - 1], line_y[columns - 1]);
    }
    return out;
}

}  // namespace qrcore
