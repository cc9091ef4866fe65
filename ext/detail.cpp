#include "detail.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "simd/clones.hpp"

namespace qrcore {
namespace {

constexpr int reach = 2;   // cells from the middle of an edge to both sides of it
constexpr int margin = 3;  // cells around detail
constexpr int block = 16;  // cells of a row that are looked at together

// How much `here` differs from both sides of it as an edge does: an even slope of light has no second difference, and
// noise seldom makes the first one large. All in bytes, of which vectors hold twice as many; the second difference is
// twice the distance from the mean.
inline std::uint8_t edge(std::uint8_t before, std::uint8_t here, std::uint8_t after) {
    const auto between = [](std::uint8_t a, std::uint8_t b) {
        const std::uint8_t more = a > b ? a : b, less = a > b ? b : a;
        return static_cast<std::uint8_t>(more - less);
    };
    const auto mean = static_cast<std::uint8_t>((before + after + 1) >> 1);
    const auto bend = static_cast<std::uint8_t>(2 * std::min<std::uint8_t>(between(here, mean), 127));
    return std::min(between(before, after), bend);
}

// Eight bytes of 0 or 1.
inline std::uint64_t eight(const std::uint8_t* bytes) {
    std::uint64_t all = 0;
    std::memcpy(&all, bytes, sizeof all);
    return all;
}

// These as bits, the first one lowest: a product brings each to its place in the highest byte.
inline std::uint64_t packed(std::uint64_t eight) {
    constexpr std::uint64_t to_place =
        std::endian::native == std::endian::little ? 0x0102040810204080 : 0x8040201008040201;
    return (eight * to_place) >> 56;
}

// Sets the bit of each cell of row y where there is an edge of `least_change` over five cells, along the row or the
// column. By blocks that vectors hold, of which the last ends with the row.
QRCORE_CLONES void find_edges(const ImageView& cells, int y, int least_change, std::uint64_t* bits) {
    const std::uint8_t* row = cells.row(y);
    const bool inside = y >= reach && y + reach < cells.height;
    const std::uint8_t *above = inside ? cells.row(y - reach) : row, *below = inside ? cells.row(y + reach) : row;
    const int end = cells.width - reach;
    const auto least = static_cast<std::uint8_t>(std::min(least_change, 255));
    for (int x = reach; x < end; x += block) {
        const int from = std::min(x, end - block);
        const std::uint8_t *here = row + from, *up = above + from, *down = below + from;
        std::uint8_t is_edge[block];
        for (int k = 0; k < block; ++k) {
            const std::uint8_t along = edge(*(here + k - reach), here[k], here[k + reach]);
            is_edge[k] = std::max(along, edge(up[k], here[k], down[k])) >= least ? 1 : 0;
        }
        const std::uint64_t first = eight(is_edge), second = eight(is_edge + 8);
        if (!(first | second)) continue;
        const std::uint64_t both = packed(first) | packed(second) << 8;
        const int shift = from & 63;
        bits[from >> 6] |= both << shift;
        if (shift > 64 - block) bits[(from >> 6) + 1] |= both >> (64 - shift);
    }
}

int words_of(const ImageView& cells) { return (cells.width + 63) / 64; }

// The ranges that hold the edges of each row and of those near it.
void set_ranges(const ImageView& cells, Detail& detail) {
    const int words = words_of(cells);
    detail.rows.assign(static_cast<std::size_t>(cells.height), {cells.width, 0});
    detail.band = {cells.height, 0};
    for (int y = 0; y < cells.height; ++y) {
        const std::uint64_t *bits = detail.edges.data() + static_cast<std::ptrdiff_t>(y) * words, *end = bits + words;
        const auto is_set = [](std::uint64_t word) { return word != 0; };
        const std::uint64_t* first = std::find_if(bits, end, is_set);
        if (first == end) continue;
        const std::uint64_t* last = end - 1;
        while (!*last) --last;
        const int from = static_cast<int>(first - bits) * 64 + std::countr_zero(*first) - margin;
        const int to = static_cast<int>(last - bits) * 64 + 64 - std::countl_zero(*last) + margin;
        const int above = std::max(y - margin, 0), below = std::min(y + margin, cells.height - 1);
        detail.band = {std::min(detail.band.begin, above), below + 1};
        for (int near = above; near <= below; ++near) {
            Detail::Range& range = detail.rows[static_cast<std::size_t>(near)];
            range = {std::max(std::min(range.begin, from), 0), std::min(std::max(range.end, to), cells.width)};
        }
    }
}

// Clears the edges inside of a quadrangle, in pixels of level 0, and as far around it as an edge is seen.
void clear_edges(const Quad& symbol, const ImageView& cells, double corner_error, Detail& detail) {
    const double area = doubled_area(symbol), turn = area < 0 ? -1 : 1, size = 1 << Detail::level;
    const double around = reach + 0.5 + corner_error * std::sqrt(std::fabs(area) / 2) / size;
    const auto [highest, lowest] = std::minmax({symbol[0].y, symbol[1].y, symbol[2].y, symbol[3].y});
    const auto row_at = [&](double y) {
        return static_cast<int>(std::clamp<double>(std::floor(y), 0, cells.height - 1));
    };
    for (int y = row_at(highest / size - 2 * around); y <= row_at(lowest / size + 2 * around); ++y) {
        // Of the row, what lies inside all four sides, moved outwards.
        double from = 0, to = cells.width;
        for (std::size_t k = 0; k < 4; ++k) {
            const Point a = symbol[k], side = symbol[(k + 1) % 4] - a;
            // turn * cross(side, (x, y) - a) >= -reach, in cells, where x and y are centres of cells
            const double slope = -turn * side.y * size;
            const double at_zero =
                turn * cross(side, Point{size / 2, (y + 0.5) * size} - a) + around * size * length(side);
            if (slope > 0) from = std::max(from, -at_zero / slope);
            else if (slope < 0) to = std::min(to, -at_zero / slope);
            else if (at_zero < 0) to = -1;
        }
        std::uint64_t* bits = detail.edges.data() + static_cast<std::ptrdiff_t>(y) * words_of(cells);
        for (int x = static_cast<int>(std::ceil(std::min<double>(from, cells.width))); x <= to && x < cells.width; ++x)
            bits[x >> 6] &= ~(std::uint64_t{1} << (x & 63));
    }
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
    out.band = {0, 0};
    out.edges.clear();
    if (in.least_change == 0) return Status::ok;
    if (in.pyramid.levels <= Detail::level || in.pyramid.level[Detail::level].width < block + 2 * reach ||
        in.pyramid.level[Detail::level].height < 2 * reach + 1) {
        if (is_flat(in.pyramid.level[0], in.least_change)) out.rows.push_back({0, 0});  // too small for cells
        return Status::ok;
    }
    const ImageView& cells = in.pyramid.level[Detail::level];
    const auto words = static_cast<std::size_t>(words_of(cells)), rows = static_cast<std::size_t>(cells.height);
    out.edges.resize(words * rows);
    for (int y = 0; y < cells.height; ++y) {
        if (!context.budget.spend(static_cast<std::uint32_t>(cells.width / 1024 + 1))) return Status::budget;
        find_edges(cells, y, in.least_change, out.edges.data() + words * static_cast<std::size_t>(y));
    }
    set_ranges(cells, out);
    return Status::ok;
}

void leave_out(std::span<const Quad> symbols, const Pyramid& pyramid, const Tunables::Detail& tunables,
               Detail& detail) {
    if (detail.edges.empty() || symbols.empty()) return;
    const ImageView& cells = pyramid.level[Detail::level];
    for (const Quad& symbol : symbols) clear_edges(symbol, cells, tunables.corner_error, detail);
    set_ranges(cells, detail);
}

}  // namespace qrcore
