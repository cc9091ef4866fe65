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

// (1 2 1) x (1 2 1) / 16 with the edges repeated, less `bias`. Rows that are not `wanted` stay empty.
template <class Wanted>
Plane smoothed(const ImageView& in, int bias, Scratch& scratch, const Wanted& wanted) {
    Plane out = take_plane(scratch, in.width, in.height);
    const auto less = static_cast<std::uint16_t>(bias);
    const auto width = static_cast<std::size_t>(in.width);
    std::uint16_t* sums = scratch.take<std::uint16_t>(width + 2).data() + 1;
    for (int y = 0; y < in.height; ++y) {
        if (!wanted(y)) continue;
        const auto *a = in.row(std::max(y - 1, 0)), *b = in.row(y), *c = in.row(std::min(y + 1, in.height - 1));
        for (std::size_t x = 0; x < width; ++x) sums[x] = static_cast<std::uint16_t>(a[x] + 2 * b[x] + c[x]);
        sums[-1] = sums[0];
        sums[width] = sums[width - 1];
        std::uint8_t* to = out.row(y);
        for (std::size_t x = 0; x < width; ++x) {
            const std::uint16_t *left = sums + x - 1, *right = sums + x + 1;
            const auto mean = static_cast<std::uint16_t>((*left + 2 * sums[x] + *right + 8) >> 4);
            to[x] = static_cast<std::uint8_t>(mean > less ? mean - less : 0);
        }
    }
    return out;
}

// Twice as large, or a little more where halving dropped odd rows or columns. Rows that are not `wanted` stay empty.
template <class Wanted>
Plane enlarged(const Plane& in, int width, int height, Context& context, const Wanted& wanted) {
    Plane out = take_plane(context.scratch, width, height);
    const int covered = std::min(width, 2 * in.width);
    for (int y = 0; y < height; ++y) {
        if (!wanted(y)) continue;
        const int near = std::min(y / 2, in.height - 1);
        const int far = std::clamp(near + (y & 1 ? 1 : -1), 0, in.height - 1);
        context.kernels.enlarge(in.row(near), in.row(far), out.row(y), static_cast<std::size_t>(in.width),
                                static_cast<std::size_t>(covered));
        std::fill(out.row(y) + covered, out.row(y) + width, out.row(y)[covered - 1]);
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
    // Rows of level k: by the rows under them or beside these.
    const auto wanted_at = [&](int k) {
        return [&, rows = 1 << (k - in.level)](int y) {
            return in.detail.any(in.level, std::max(y - 1, 0) * rows, (y + 2) * rows);
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
        const auto [begin, end] = in.detail.words(in.level, y, image.width);
        std::fill(row, row + begin, 0);
        std::fill(row + end, row + stride, 0);
        const int from = 64 * begin, to = std::min(64 * end, image.width);
        if (from < to)
            context.kernels.threshold(image.row(y) + from, limit.row(y / 2) + from / 2, row + begin,
                                      static_cast<std::size_t>(to - from));
    }
    return Status::ok;
}

}  // namespace qrcore
