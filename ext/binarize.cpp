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

Plane take_plane(Scratch& scratch, int width, int height) {
    return {scratch.take<std::uint8_t>(static_cast<std::size_t>(width) * height), width, height};
}

// (1 2 1) x (1 2 1) / 16 with the edges repeated, less `bias`, of the columns of each row that are wanted.
template <class Wanted>
Plane smoothed(const ImageView& in, int bias, Scratch& scratch, const Wanted& wanted) {
    Plane out = take_plane(scratch, in.width, in.height);
    const auto less = static_cast<std::uint16_t>(bias);
    std::uint16_t* sums = scratch.take<std::uint16_t>(static_cast<std::size_t>(in.width) + 2).data() + 1;
    for (int y = 0; y < in.height; ++y) {
        const auto [begin, end] = wanted(y, in.width);
        if (begin >= end) continue;
        const auto *a = in.row(std::max(y - 1, 0)), *b = in.row(y), *c = in.row(std::min(y + 1, in.height - 1));
        for (int x = std::max(begin - 1, 0); x < std::min(end + 1, in.width); ++x)
            sums[x] = static_cast<std::uint16_t>(a[x] + 2 * b[x] + c[x]);
        if (begin == 0) sums[-1] = sums[0];
        if (end == in.width) sums[end] = sums[end - 1];
        std::uint8_t* to = out.row(y);
        for (int x = begin; x < end; ++x) {
            const std::uint16_t *left = sums + x - 1, *right = sums + x + 1;
            const auto mean = static_cast<std::uint16_t>((*left + 2 * sums[x] + *right + 8) >> 4);
            to[x] = static_cast<std::uint8_t>(mean > less ? mean - less : 0);
        }
    }
    return out;
}

// Twice as large, or a little more where halving dropped odd rows or columns; of each row what is wanted.
template <class Wanted>
Plane enlarged(const Plane& in, int width, int height, Context& context, const Wanted& wanted) {
    Plane out = take_plane(context.scratch, width, height);
    for (int y = 0; y < height; ++y) {
        const auto [begin, end] = wanted(y, width);
        if (begin >= end) continue;
        // Of the row before, with a column beside it, since the kernel repeats the edges.
        const int from = std::clamp(begin / 2 - 1, 0, in.width - 1), to = std::min(end / 2 + 2, in.width);
        const int covered = std::min(width, 2 * to);
        const int near = std::min(y / 2, in.height - 1);
        const int far = std::clamp(near + (y & 1 ? 1 : -1), 0, in.height - 1);
        std::uint8_t* row = out.row(y);
        context.kernels.enlarge(in.row(near) + from, in.row(far) + from, row + 2 * from,
                                static_cast<std::size_t>(to - from), static_cast<std::size_t>(covered - 2 * from));
        if (covered < end) std::fill(row + covered, row + end, row[covered - 1]);
    }
    return out;
}

}  // namespace

Status binarize(const BinarizeIn& in, Context& context, Binary& out) {
    const ImageView& image = in.pyramid.level[in.level];
    const int coarsest = std::min(in.level + in.window, in.pyramid.levels - 1);
    const int stride = (image.width + 63) / 64;
    out.level = in.level;
    const auto room = static_cast<std::size_t>(stride) * image.height;
    if (out.storage.size() < room) out.storage.resize(room);
    out.bits = {out.storage.data(), image.width, image.height, stride};

    Scratch::Frame frame(context.scratch);
    // Of a row of level k: what the pixels under it and beside these need, and what is smoothed into that.
    const auto wanted_at = [&](int k) {
        return [&, coarser = k - in.level](int y, int width) {
            const auto [begin, end] =
                in.detail.words(in.level, std::max(y - 1, 0) << coarser, (y + 2) << coarser, image.width);
            if (begin >= end) return Detail::Range{0, 0};
            return Detail::Range{std::max(((64 * begin) >> coarser) - 2, 0),
                                 std::min(((64 * end) >> coarser) + 3, width)};
        };
    };
    Plane limit = smoothed(in.pyramid.level[coarsest], in.bias, context.scratch, wanted_at(coarsest));
    for (int k = coarsest - 1; k > in.level; --k) {
        const ImageView& finer = in.pyramid.level[k - 1];  // rounded up, to cover its last odd row and column
        limit = enlarged(limit, (finer.width + 1) / 2, (finer.height + 1) / 2, context, wanted_at(k));
    }
    for (int y = 0; y < image.height; ++y) {
        if (!context.budget.spend(static_cast<std::uint32_t>(image.width / 2048 + 1))) return Status::budget;
        std::uint64_t* row = out.storage.data() + static_cast<std::ptrdiff_t>(y) * stride;
        const auto [begin, end] = in.detail.words(in.level, y, y + 1, image.width);
        for (int k = 0; k < begin; ++k) row[k] = 0;
        for (int k = end; k < stride; ++k) row[k] = 0;
        const int from = 64 * begin, to = std::min(64 * end, image.width);
        if (from < to)
            context.kernels.threshold(image.row(y) + from, limit.row(y / 2) + from / 2, row + begin,
                                      static_cast<std::size_t>(to - from));
    }
    return Status::ok;
}

}  // namespace qrcore
