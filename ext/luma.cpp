#include "luma.hpp"

#include <algorithm>

#include "simd/kernels.hpp"

namespace qrcore {
namespace {

bool dense(const PixelView& v) {
    return v.pixel_stride == v.channels && (v.channels == 1 || v.channel_stride == 1);
}

// A row of the picture with adjacent pixels and channels.
const std::uint8_t* dense_row(const PixelView& in, int y, std::span<std::uint8_t> buffer) {
    const std::uint8_t* row = in.data + y * in.row_stride;
    if (dense(in)) return row;
    std::uint8_t* to = buffer.data();
    for (int x = 0; x < in.width; ++x)
        for (int c = 0; c < in.channels; ++c) *to++ = row[x * in.pixel_stride + c * in.channel_stride];
    return buffer.data();
}

void gray_row(const PixelView& in, int y, std::span<std::uint8_t> buffer, const Kernels& kernels, std::uint8_t* out) {
    const auto n = static_cast<std::size_t>(in.width);
    const std::uint8_t* row = dense_row(in, y, buffer);
    if (in.channels == 3) return kernels.luma_rgb(row, out, n);
    if (in.channels == 4) return kernels.luma_rgba(row, out, n);
    std::copy_n(row, n, out);
}

}  // namespace

Status luma(const PixelView& in, Context& context, Pyramid& out) {
    const bool copy = in.channels != 1 || !dense(in);
    std::size_t bytes = copy ? static_cast<std::size_t>(in.width) * in.height : 0;
    out.levels = 1;
    for (int w = in.width / 2, h = in.height / 2;
         out.levels < Pyramid::max_levels && std::min(w, h) >= 1; w /= 2, h /= 2, ++out.levels)
        bytes += static_cast<std::size_t>(w) * h;
    if (out.storage.size() < bytes) out.storage.resize(bytes);

    std::uint8_t* store = out.storage.data();
    const auto row_work = static_cast<std::uint32_t>(in.width / 2048 + 1);
    out.level[0] = {in.data, in.width, in.height, in.row_stride};
    if (copy) {
        Scratch::Frame frame(context.scratch);
        auto buffer = context.scratch.take<std::uint8_t>(static_cast<std::size_t>(in.width) * in.channels);
        for (int y = 0; y < in.height; ++y) {
            if (!context.budget.spend(row_work)) return Status::budget;
            gray_row(in, y, buffer, context.kernels, store + static_cast<std::ptrdiff_t>(y) * in.width);
        }
        out.level[0] = {store, in.width, in.height, in.width};
        store += static_cast<std::ptrdiff_t>(in.width) * in.height;
    }
    for (int k = 1; k < out.levels; ++k) {
        const ImageView& from = out.level[k - 1];
        ImageView& to = out.level[k];
        to = {store, from.width / 2, from.height / 2, from.width / 2};
        for (int y = 0; y < to.height; ++y, store += to.width) {
            if (!context.budget.spend(row_work)) return Status::budget;
            context.kernels.halve(from.row(2 * y), from.row(2 * y + 1), store, static_cast<std::size_t>(to.width));
        }
    }
    return Status::ok;
}

}  // namespace qrcore
