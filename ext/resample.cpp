#include "resample.hpp"

#include <algorithm>

#include "interpolate.hpp"
#include "simd/clones.hpp"

namespace qrcore {
namespace {

// Places of module corners in pixels of a level, row by row.
struct Corners {
    std::span<float> x, y;
    int columns, rows;
    double outside;  // share of the symbol's corners that lie more than half a module outside the picture

    const float* row_x(int j) const { return x.data() + static_cast<std::ptrdiff_t>(j) * columns; }
    const float* row_y(int j) const { return y.data() + static_cast<std::ptrdiff_t>(j) * columns; }
};

// Those of the symbol and `margin` modules around it.
QRCORE_CLONES Corners corners_of(const Pyramid& pyramid, int level, const Grid& grid, int margin, Scratch& scratch) {
    const Size size = grid.layout->size;
    const double scale = 1.0 / (1 << level);  // a power of two: nothing is rounded by it
    Corners out{{}, {}, size.width + 2 * margin + 1, size.height + 2 * margin + 1, 0};
    const auto columns = static_cast<std::size_t>(out.columns), first = static_cast<std::size_t>(margin);
    out.x = scratch.take<float>(columns * static_cast<std::size_t>(out.rows));
    out.y = scratch.take<float>(columns * static_cast<std::size_t>(out.rows));
    Scratch::Frame frame(scratch);
    const auto u = scratch.take<double>(columns), px = scratch.take<double>(columns),
               py = scratch.take<double>(columns);
    for (std::size_t i = 0; i < columns; ++i) u[i] = static_cast<double>(static_cast<int>(i) - margin);
    auto m = grid.to_image.m;
    for (std::size_t k = 0; k < 6; ++k) m[k] *= scale;
    const double slack = 0.5 * grid.module * scale;  // a symbol may end at the picture's edge
    const double right = pyramid.level[0].width * scale + slack, bottom = pyramid.level[0].height * scale + slack;
    const auto is_inside = [&](double x, double y) {
        return (x >= -slack) & (y >= -slack) & (x <= right) & (y <= bottom);
    };
    const Quad outline = grid.outline();
    const bool whole = grid.nodes_x == 0 && std::all_of(outline.begin(), outline.end(),
                                                        [&](Point p) { return is_inside(p.x * scale, p.y * scale); });
    int inside = 0;
    for (int j = 0; j < out.rows; ++j) {
        const auto project = [&](std::size_t i, double at_u, double at_v) {
            const double w = m[6] * at_u + (m[7] * at_v + m[8]);
            px[i] = (m[0] * at_u + (m[1] * at_v + m[2])) / w;
            py[i] = (m[3] * at_u + (m[4] * at_v + m[5])) / w;
        };
        const double v = j - margin;
        if (grid.nodes_x > 0) {
            for (std::size_t i = 0; i < columns; ++i) {
                const Point p = grid.displaced({u[i], v});
                project(i, p.x, p.y);
            }
        } else {
            for (std::size_t i = 0; i < columns; ++i) project(i, u[i], v);
        }
        float *x = out.x.data() + static_cast<std::size_t>(j) * columns, *y = out.y.data() + (x - out.x.data());
        for (std::size_t i = 0; i < columns; ++i) {
            x[i] = static_cast<float>(px[i]);
            y[i] = static_cast<float>(py[i]);
        }
        if (whole || j < margin || j >= out.rows - margin) continue;
        for (std::size_t i = first; i < columns - first; ++i) inside += is_inside(px[i], py[i]);
    }
    const int all = (size.width + 1) * (size.height + 1);
    out.outside = whole ? 0 : static_cast<double>(all - inside) / all;
    return out;
}

}  // namespace

Resampled resample(const Pyramid& pyramid, int level, const Grid& grid, int per_module, int margin, Context& context) {
    Scratch& scratch = context.scratch;
    const Size size = grid.layout->size;
    const int columns = size.width + 2 * margin + 1, rows = size.height + 2 * margin + 1;
    Resampled out;
    out.width = per_module * (columns - 1) + 1;
    out.height = per_module * (rows - 1) + 1;
    out.luma = scratch.take<float>(static_cast<std::size_t>(out.width) * out.height);

    Scratch::Frame frame(scratch);
    const Corners corners = corners_of(pyramid, level, grid, margin, scratch);
    out.outside = corners.outside;
    auto corner_x = scratch.take<float>(static_cast<std::size_t>(columns)),
         corner_y = scratch.take<float>(static_cast<std::size_t>(columns));
    auto place_x = scratch.take<float>(static_cast<std::size_t>(out.width)),
         place_y = scratch.take<float>(static_cast<std::size_t>(out.width));
    const float part = 1.0f / static_cast<float>(per_module);
    for (int j = 0; j < out.height; ++j) {
        if (j / 2 % 8 == 0 && !context.budget.look()) break;
        const int above = std::min(j / per_module, rows - 2);
        const float f = static_cast<float>(j - above * per_module) * part;
        const float *ax = corners.row_x(above), *bx = ax + columns, *ay = corners.row_y(above), *by = ay + columns;
        for (int i = 0; i < columns; ++i) {
            corner_x[i] = ax[i] + f * (bx[i] - ax[i]);
            corner_y[i] = ay[i] + f * (by[i] - ay[i]);
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
        bilinear(pyramid.level[level], place_x, place_y, out.luma.data() + static_cast<std::ptrdiff_t>(j) * out.width);
    }
    return out;
}

QRCORE_CLONES Resampled resample_centres(const Pyramid& pyramid, int level, const Grid& grid, Context& context) {
    Scratch& scratch = context.scratch;
    const Size size = grid.layout->size;
    const auto width = static_cast<std::size_t>(size.width), height = static_cast<std::size_t>(size.height);
    Resampled out;
    out.width = size.width;
    out.height = size.height;
    out.luma = scratch.take<float>(width * height);

    Scratch::Frame frame(scratch);
    const Corners corners = corners_of(pyramid, level, grid, 0, scratch);
    out.outside = corners.outside;
    auto x = scratch.take<float>(width * height), y = scratch.take<float>(width * height);
    const auto between = [width](const float* above, float* centre) {
        const float* below = above + width + 1;
        for (std::size_t i = 0; i < width; ++i) {
            const float left = above[i] + 0.5f * (below[i] - above[i]);
            const float right = above[i + 1] + 0.5f * (below[i + 1] - above[i + 1]);
            centre[i] = left + 0.5f * (right - left);
        }
    };
    for (std::size_t j = 0; j < height; ++j) {
        between(corners.row_x(static_cast<int>(j)), x.data() + j * width);
        between(corners.row_y(static_cast<int>(j)), y.data() + j * width);
    }
    bilinear(pyramid.level[level], x, y, out.luma.data());
    return out;
}

}  // namespace qrcore
