#include "binarize.hpp"

#include <algorithm>

#include "simd/kernels.hpp"

namespace qrcore {
namespace {

struct Plane {
    std::span<std::uint8_t> data;
    int width = 0, height = 0;

    std::uint8_t* row(int y) const { return data.data() + static_cast<std::ptrdiff_t>(y) * width; }
};

// An enlarged row may be a pixel too wide, which goes to the next row before that is made.
Plane take_plane(Scratch& scratch, int width, int height) {
    return {scratch.take<std::uint8_t>(static_cast<std::size_t>(width) * height + 1), width, height};
}

// A row with room for a column on both sides.
template <class T>
T* take_row(Scratch& scratch, int width) {
    return scratch.take<T>(static_cast<std::size_t>(width) + 2).data() + 1;
}

// What is beside the columns [from, to) of a row is like the last ones.
template <class T>
void repeat_edges(T* row, int from, int to) {
    row[from - 1] = row[from];
    row[to] = row[to - 1];
}

// (1 2 1) x (1 2 1) / 16 with the edges repeated, less `bias`, of what is wanted: rows, and columns of each.
template <class Columns>
Plane smoothed(const ImageView& in, int bias, Context& context, Detail::Range rows, const Columns& columns) {
    Plane out = take_plane(context.scratch, in.width, in.height);
    std::uint16_t* column = take_row<std::uint16_t>(context.scratch, in.width);
    // Rounded once, to the nearest: codes at the brink were lost by rounding twice.
    const auto less = static_cast<std::uint16_t>(bias);
    const auto limit = [less](const std::uint16_t* x) {
        const auto mean = static_cast<std::uint16_t>(static_cast<std::uint16_t>(x[-1] + 2 * x[0] + x[1] + 8) >> 4);
        return static_cast<std::uint8_t>(std::max(mean, less) - less);
    };
    for (int y = rows.begin; y < rows.end; ++y) {
        const auto [begin, end] = columns(y, in.width);
        if (begin >= end) continue;
        const int from = std::max(begin - 1, 0), to = std::min(end + 1, in.width);
        const std::uint8_t *above = in.row(std::max(y - 1, 0)), *here = in.row(y);
        const std::uint8_t* below = in.row(std::min(y + 1, in.height - 1));
        for (int x = from; x < to; ++x) column[x] = static_cast<std::uint16_t>(above[x] + 2 * here[x] + below[x]);
        repeat_edges(column, from, to);
        std::uint8_t* row = out.row(y);
        for (int x = begin; x < end; ++x) row[x] = limit(column + x);
    }
    return out;
}

// Twice as large, or a little more where halving dropped odd rows or columns; of what is wanted.
template <class Columns>
Plane enlarged(const Plane& in, int width, int height, Context& context, Detail::Range rows, const Columns& columns) {
    Plane out = take_plane(context.scratch, width, height);
    std::uint8_t* between = take_row<std::uint8_t>(context.scratch, in.width);
    for (int y = rows.begin; y < rows.end; ++y) {
        const auto [begin, end] = columns(y, width);
        if (begin >= end) continue;
        // Of the plane before, with a column beside it.
        const int from = std::clamp(begin / 2 - 1, 0, in.width - 1), to = std::min(end / 2 + 2, in.width);
        const int near = std::min(y / 2, in.height - 1);
        const int far = std::clamp(near + (y & 1 ? 1 : -1), 0, in.height - 1);
        const auto n = static_cast<std::size_t>(to - from);
        context.kernels.between(in.row(near) + from, in.row(far) + from, between + from, n);
        repeat_edges(between, from, to);
        std::uint8_t* row = out.row(y);
        context.kernels.widen(between + from, row + 2 * from, n);
        if (2 * to < end) std::fill(row + 2 * to, row + end, row[2 * to - 1]);
    }
    return out;
}

}  // namespace

Status binarize(const BinarizeIn& in, Context& context, Binary& out) {
    const ImageView& image = in.pyramid.level[in.level];
    const int coarsest = std::min(in.level + in.window, in.pyramid.levels - 1);
    const int stride = (image.width + 63) / 64;
    out.level = in.level;
    out.window = in.window;
    const auto room = static_cast<std::size_t>(stride) * image.height;
    if (out.storage.size() < room) out.storage.resize(room);
    out.bits = {out.storage.data(), image.width, image.height, stride};

    Scratch::Frame frame(context.scratch);
    // Of level k: the rows, and the columns of each, that the pixels under them and beside these need, and what is
    // smoothed into that.
    const Detail::Range lines = in.detail.lines(in.level, image.height);
    const auto rows_at = [&](int k, int height) {
        const int coarser = k - in.level;
        return Detail::Range{std::max((lines.begin >> coarser) - 1, 0), std::min((lines.end >> coarser) + 2, height)};
    };
    const auto columns_at = [&](int k) {
        return [&, coarser = k - in.level](int y, int width) {
            const auto [begin, end] =
                in.detail.words(in.level, std::max(y - 1, 0) << coarser, (y + 2) << coarser, image.width);
            if (begin >= end) return Detail::Range{0, 0};
            return Detail::Range{std::max(((64 * begin) >> coarser) - 2, 0),
                                 std::min(((64 * end) >> coarser) + 3, width)};
        };
    };
    const ImageView& first = in.pyramid.level[coarsest];
    Plane limit = smoothed(first, in.bias, context, rows_at(coarsest, first.height), columns_at(coarsest));
    for (int k = coarsest - 1; k > in.level; --k) {
        const ImageView& finer = in.pyramid.level[k - 1];  // rounded up, to cover its last odd row and column
        const int height = (finer.height + 1) / 2;
        limit = enlarged(limit, (finer.width + 1) / 2, height, context, rows_at(k, height), columns_at(k));
    }
    std::fill_n(out.storage.data(), room, std::uint64_t{0});
    const int alike = in.detail.rows_alike(in.level);
    for (int block = lines.begin; block < lines.end; block += alike) {
        if (!context.budget.spend(static_cast<std::uint32_t>(alike * image.width / 2048 + 1))) return Status::budget;
        const auto [begin, end] = in.detail.words(in.level, block, block + 1, image.width);
        const int from = 64 * begin, to = std::min(64 * end, image.width);
        if (from >= to) continue;
        for (int y = block; y < std::min(block + alike, image.height); ++y)
            context.kernels.threshold(image.row(y) + from, limit.row(y / 2) + from / 2,
                                      out.storage.data() + static_cast<std::ptrdiff_t>(y) * stride + begin,
                                      static_cast<std::size_t>(to - from));
    }
    return Status::ok;
}

void restrict_to(const Detail& detail, Binary& binary) {
    const BitmapView& bits = binary.bits;
    const int alike = detail.rows_alike(binary.level);
    for (int block = 0; block < bits.height; block += alike) {
        const auto [begin, end] = detail.words(binary.level, block, block + 1, bits.width);
        for (int y = block; y < std::min(block + alike, bits.height); ++y) {
            std::uint64_t* row = binary.storage.data() + static_cast<std::ptrdiff_t>(y) * bits.stride;
            std::fill(row, row + begin, std::uint64_t{0});
            std::fill(row + end, row + bits.stride, std::uint64_t{0});
        }
    }
}

}  // namespace qrcore
