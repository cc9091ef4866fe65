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

// (1 2 1) x (1 2 1) / 16 with the edges repeated, less `bias`.
Plane smoothed(const ImageView& in, int bias, Scratch& scratch) {
    Plane out = take_plane(scratch, in.width, in.height);
    const auto less = static_cast<std::uint16_t>(bias);
    auto sums = scratch.take<std::uint16_t>(static_cast<std::size_t>(in.width) + 2);
    for (int y = 0; y < in.height; ++y) {
        const auto *a = in.row(std::max(y - 1, 0)), *b = in.row(y), *c = in.row(std::min(y + 1, in.height - 1));
        for (int x = 0; x < in.width; ++x) sums[x + 1] = static_cast<std::uint16_t>(a[x] + 2 * b[x] + c[x]);
        sums[0] = sums[1];
        sums[in.width + 1] = sums[in.width];
        std::uint8_t* to = out.row(y);
        for (int x = 0; x < in.width; ++x) {
            const auto mean = static_cast<std::uint16_t>((sums[x] + 2 * sums[x + 1] + sums[x + 2] + 8) >> 4);
            to[x] = static_cast<std::uint8_t>(mean > less ? mean - less : 0);
        }
    }
    return out;
}

// Twice as large, or a little more where halving dropped odd rows or columns.
Plane enlarged(const Plane& in, int width, int height, Context& context) {
    Plane out = take_plane(context.scratch, width, height);
    const int covered = std::min(width, 2 * in.width);
    for (int y = 0; y < height; ++y) {
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
    const auto words = static_cast<std::size_t>(stride) * image.height;
    if (out.storage.size() < words) out.storage.resize(words);
    out.bits = {out.storage.data(), image.width, image.height, stride};

    Scratch::Frame frame(context.scratch);
    Plane limit = smoothed(in.pyramid.level[coarsest], in.bias, context.scratch);
    for (int k = coarsest - 1; k > in.level; --k) {
        const ImageView& finer = in.pyramid.level[k - 1];  // rounded up, to cover its last odd row and column
        limit = enlarged(limit, (finer.width + 1) / 2, (finer.height + 1) / 2, context);
    }
    for (int y = 0; y < image.height; ++y) {
        if (!context.budget.spend(static_cast<std::uint32_t>(image.width / 2048 + 1))) return Status::budget;
        context.kernels.threshold(image.row(y), limit.row(y / 2),
                                  out.storage.data() + static_cast<std::ptrdiff_t>(y) * stride,
                                  static_cast<std::size_t>(image.width));
    }
    return Status::ok;
}

}  // namespace qrcore
