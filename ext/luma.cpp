#include "luma.hpp"

#include <algorithm>

#include "simd/kernels.hpp"

namespace qrcore {
namespace {

constexpr int band = 32;  // rows of the picture that go through all levels together

bool dense(const PixelView& v) { return v.pixel_stride == v.channels && (v.channels == 1 || v.channel_stride == 1); }

// A row of the picture with adjacent pixels and channels.
const std::uint8_t* dense_row(const PixelView& in, int y, std::span<std::uint8_t> buffer) {
    const std::uint8_t* row = in.data + y * in.row_stride;
    if (dense(in)) return row;
    std::uint8_t* to = buffer.data();
    for (int x = 0; x < in.width; ++x)
        for (int c = 0; c < in.channels; ++c) *to++ = row[x * in.pixel_stride + c * in.channel_stride];
    return buffer.data();
}

// Red or blue, on white where the picture is transparent.
void channel_row(const std::uint8_t* row, int channels, int channel, std::size_t n, std::uint8_t* out) {
    for (std::size_t i = 0; i < n; ++i, row += channels) {
        const unsigned alpha = channels == 4 ? row[3] : 255;
        out[i] = static_cast<std::uint8_t>((row[channel] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

void plane_row(const LumaIn& in, int y, std::span<std::uint8_t> buffer, const Kernels& kernels, std::uint8_t* out) {
    const auto n = static_cast<std::size_t>(in.picture.width);
    const int channels = in.picture.channels;
    const std::uint8_t* row = dense_row(in.picture, y, buffer);
    if (channels == 1) std::copy_n(row, n, out);
    else if (in.channel != Channel::luma) channel_row(row, channels, in.channel == Channel::red ? 0 : 2, n, out);
    else if (channels == 3) kernels.luma_rgb(row, out, n);
    else kernels.luma_rgba(row, out, n);
}

}  // namespace

Status luma(const LumaIn& in, Context& context, Pyramid& out) {
    const PixelView& picture = in.picture;
    const bool copy = in.copy || picture.channels != 1 || !dense(picture);
    std::size_t bytes = copy ? static_cast<std::size_t>(picture.width) * picture.height : 0;
    out.levels = 1;
    for (int w = picture.width / 2, h = picture.height / 2; out.levels < Pyramid::max_levels && std::min(w, h) >= 1;
         w /= 2, h /= 2, ++out.levels)
        bytes += static_cast<std::size_t>(w) * h;
    if (out.storage.size() < bytes) out.storage.resize(bytes);

    std::uint8_t* store = out.storage.data();
    out.level[0] = {copy ? store : picture.data, picture.width, picture.height,
                    copy ? picture.width : picture.row_stride};
    if (copy) store += static_cast<std::ptrdiff_t>(picture.width) * picture.height;
    std::uint8_t* next[Pyramid::max_levels] = {out.storage.data()};  // row of each level to be made
    for (int k = 1; k < out.levels; ++k) {
        const int width = out.level[k - 1].width / 2, height = out.level[k - 1].height / 2;
        out.level[k] = {store, width, height, width};
        next[k] = store;
        store += static_cast<std::ptrdiff_t>(width) * height;
    }

    // Band by band through all levels, so that what was just made is halved while it is in the cache.
    Scratch::Frame frame(context.scratch);
    const auto buffer = context.scratch.take<std::uint8_t>(static_cast<std::size_t>(picture.width) * picture.channels);
    const auto row_work = static_cast<std::uint32_t>(picture.width / 2048 + 1);
    const auto halve = context.kernels.halve;
    int made[Pyramid::max_levels] = {};  // rows of each level
    while (made[0] < picture.height) {
        const int end = std::min(made[0] + band, picture.height);
        if (!context.budget.spend(static_cast<std::uint32_t>(end - made[0]) * row_work)) return Status::budget;
        if (!copy) made[0] = end;
        for (; made[0] < end; ++made[0], next[0] += picture.width)
            plane_row(in, made[0], buffer, context.kernels, next[0]);
        for (int k = 1; k < out.levels && made[k] < made[k - 1] / 2; ++k) {
            const auto width = static_cast<std::size_t>(out.level[k].width);
            const std::ptrdiff_t stride = out.level[k - 1].stride;
            const std::uint8_t* row = out.level[k - 1].row(2 * made[k]);
            for (; made[k] < made[k - 1] / 2; ++made[k], row += 2 * stride, next[k] += width)
                halve(row, row + stride, next[k], width);
        }
    }
    return Status::ok;
}

}  // namespace qrcore
