#include "detail.hpp"

#include <algorithm>
#include <cstdlib>

namespace qrcore {
namespace {

constexpr int margin = 3;  // cells around detail

// How much `here` differs from both sides of it as an edge does: an even slope of light has no second difference, and
// noise seldom makes the first one large.
inline int edge(int before, int here, int after) {
    return std::min(std::abs(after - before), std::abs(2 * here - before - after));
}

// The columns of row y where there is an edge of `least_change` over five cells, along the row or the column.
Detail::Range changes(const ImageView& cells, int y, int least_change) {
    const std::uint8_t* row = cells.row(y);
    const bool inside = y >= 2 && y + 2 < cells.height;
    const std::uint8_t *above = inside ? cells.row(y - 2) : row, *below = inside ? cells.row(y + 2) : row;
    const auto at = [&](int x) {
        return std::max(edge(row[x - 2], row[x], row[x + 2]), edge(above[x], row[x], below[x]));
    };
    int most = 0, begin = 2, end = cells.width - 2;
    for (int x = begin; x < end; ++x) most = std::max(most, at(x));  // by vectors
    if (most < least_change) return {0, 0};
    while (at(begin) < least_change) ++begin;
    while (at(end - 1) < least_change) --end;
    return {begin, end};
}

// Whether the whole picture lies within `least_change` gray levels.
bool is_flat(const ImageView& image, int least_change) {
    std::uint8_t darkest = 255, lightest = 0;
    for (int y = 0; y < image.height; ++y) {
        const std::uint8_t* row = image.row(y);
        for (int x = 0; x < image.width; ++x) {
            darkest = std::min(darkest, row[x]);
            lightest = std::max(lightest, row[x]);
        }
    }
    return lightest - darkest < least_change;
}

}  // namespace

Status find_detail(const DetailIn& in, Context& context, Detail& out) {
    out.rows.clear();
    if (in.least_change == 0) return Status::ok;
    if (in.pyramid.levels <= Detail::level ||
        std::min(in.pyramid.level[Detail::level].width, in.pyramid.level[Detail::level].height) < 5) {
        if (is_flat(in.pyramid.level[0], in.least_change)) out.rows.push_back({0, 0});  // too small for cells
        return Status::ok;
    }
    const ImageView& cells = in.pyramid.level[Detail::level];
    out.rows.resize(static_cast<std::size_t>(cells.height), Detail::Range{cells.width, 0});
    for (int y = 0; y < cells.height; ++y) {
        if (!context.budget.spend(static_cast<std::uint32_t>(cells.width / 1024 + 1))) return Status::budget;
        const Detail::Range found = changes(cells, y, in.least_change);
        if (found.begin == found.end) continue;
        for (int near = std::max(y - margin, 0); near <= std::min(y + margin, cells.height - 1); ++near) {
            Detail::Range& range = out.rows[static_cast<std::size_t>(near)];
            range.begin = std::min(range.begin, std::max(found.begin - margin, 0));
            range.end = std::max(range.end, std::min(found.end + margin, cells.width));
        }
    }
    return Status::ok;
}

}  // namespace qrcore
