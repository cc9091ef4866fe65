// Pictures as small programs: the fuzzer's bytes say what is drawn and then what is done to it. So a mutation of the
// input moves, bends, covers or swaps parts of real symbols, where one of pixels would only add noise.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "image.hpp"
#include "symbols.hpp"

namespace fuzz {

struct Scene {
    static constexpr int most_side = 256;  // pixels: version 40 at 1.4 a module

    int width, height;
    std::vector<std::uint8_t> gray;
    std::vector<std::vector<std::uint8_t>> texts;  // of all symbols that were drawn

    std::uint8_t& at(int x, int y) {
        return gray[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
    }
};

namespace scene {

struct Box {
    int x0, y0, x1, y1;
};

inline Box any_box(Input& in, const Scene& s) {
    const int x = in.byte() % s.width, y = in.byte() % s.height;
    return {x, y, std::min(s.width, x + 1 + in.byte()), std::min(s.height, y + 1 + in.byte())};
}

template <class Change>
void each_pixel(Scene& s, const Box& b, Change change) {
    for (int y = b.y0; y < b.y1; ++y)
        for (int x = b.x0; x < b.x1; ++x) s.at(x, y) = static_cast<std::uint8_t>(change(x, y, s.at(x, y)));
}

// Pseudo-random, the same on each run.
class Random {
public:
    explicit Random(unsigned seed) : state_(seed * 2654435761u + 1) {}
    unsigned operator()() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 17;
        state_ ^= state_ << 5;
        return state_;
    }

private:
    std::uint32_t state_;
};

// A symbol: anywhere, turned, slanted, in perspective, mirrored, of any two tones; with its quiet zone or without.
inline void symbol(Input& in, Scene& s) {
    Kind kind = any_kind(in);
    if (!kind.resolve()) return;
    std::vector<std::uint8_t> text(in.byte());
    for (auto& c : text) c = in.byte();
    Drawn drawn = draw(kind, data_codewords(kind, text));
    for (int flips = in.byte() % 64; flips > 0; --flips)
        drawn.dark[static_cast<std::size_t>(in.below(static_cast<int>(drawn.dark.size())))] ^= 1;
    s.texts.push_back(text);

    const double module = 0.9 + in.byte() / 32.0, angle = in.byte() * 6.2831853 / 256;
    const double slant = (in.byte() - 128) / 400.0, px = (in.byte() - 128) / 40000.0, py = (in.byte() - 128) / 40000.0;
    const double x0 = in.byte() * s.width / 256.0, y0 = in.byte() * s.height / 256.0;
    const unsigned dark = in.byte(), light = in.byte(), how = in.byte();
    const double c = std::cos(how & 1 ? angle : 0) * module, d = std::sin(how & 1 ? angle : 0) * module;
    const int w = drawn.size().width, h = drawn.size().height;
    const int quiet = how & 2 ? 0 : 2;
    const double sx = how & 8 ? slant : 0, tx = how & 16 ? px : 0, ty = how & 16 ? py : 0;
    // From pixels back to modules around the symbol's middle.
    each_pixel(s, {0, 0, s.width, s.height}, [&](int x, int y, unsigned before) {
        const double u = x + 0.5 - x0, v = y + 0.5 - y0, depth = 1 + tx * u + ty * v;
        if (depth < 0.2) return before;
        double i = (c * u + d * v) / (module * module) / depth, j = (c * v - d * u) / (module * module) / depth;
        i += sx * j;
        if (how & 4) std::swap(i, j);
        const int column = static_cast<int>(std::floor(i + w / 2.0)), row = static_cast<int>(std::floor(j + h / 2.0));
        if (column < -quiet || row < -quiet || column >= w + quiet || row >= h + quiet) return before;
        if (column < 0 || row < 0 || column >= w || row >= h) return light;
        return drawn.at({static_cast<std::uint8_t>(column), static_cast<std::uint8_t>(row)}) ? dark : light;
    });
}

inline void finder(Input& in, Scene& s) {
    const int module = 1 + in.byte() % 8, x0 = in.byte() % s.width, y0 = in.byte() % s.height;
    const unsigned dark = in.byte(), light = in.byte(), pitch = in.byte();
    const int step = pitch & 1 ? 7 * module + static_cast<int>(pitch >> 1) : 1 << 20;  // one, or a wallpaper of them
    each_pixel(s, {x0, y0, s.width, s.height}, [&](int x, int y, unsigned before) {
        const int i = (x - x0) % step / module, j = (y - y0) % step / module;
        if (i >= 7 || j >= 7) return before;
        const int ring = std::max(std::abs(i - 3), std::abs(j - 3));
        return ring == 2 ? light : dark;
    });
}

inline void copy(Input& in, Scene& s) {
    const Box b = any_box(in, s);
    const int dx = in.byte() % s.width, dy = in.byte() % s.height;
    const auto before = s.gray;
    each_pixel(s, b, [&](int x, int y, unsigned) {
        const int fx = (x + dx) % s.width, fy = (y + dy) % s.height;
        return before[static_cast<std::size_t>(fy * s.width + fx)];
    });
}

inline void blur(Input& in, Scene& s) {
    const Box b = any_box(in, s);
    const int rx = in.byte() % 4, ry = in.byte() % 4;
    const auto before = s.gray;
    each_pixel(s, b, [&](int x, int y, unsigned) {
        int sum = 0, n = 0;
        for (int v = std::max(0, y - ry); v <= std::min(s.height - 1, y + ry); ++v)
            for (int u = std::max(0, x - rx); u <= std::min(s.width - 1, x + rx); ++u, ++n)
                sum += before[static_cast<std::size_t>(v * s.width + u)];
        return sum / n;
    });
}

inline void wave(Input& in, Scene& s) {
    const double height = in.byte() / 32.0, length = 8.0 + in.byte();
    const bool upright = in.byte() & 1;
    const auto before = s.gray;
    each_pixel(s, {0, 0, s.width, s.height}, [&](int x, int y, unsigned) {
        const int shift = static_cast<int>(std::lround(height * std::sin((upright ? x : y) * 6.2831853 / length)));
        const int fx = std::clamp(upright ? x : x + shift, 0, s.width - 1);
        const int fy = std::clamp(upright ? y + shift : y, 0, s.height - 1);
        return before[static_cast<std::size_t>(fy * s.width + fx)];
    });
}

inline void noise(Input& in, Scene& s) {
    const Box b = any_box(in, s);
    Random random(in.byte());
    const int strength = 1 + in.byte();
    each_pixel(s, b, [&](int, int, int before) {
        return std::clamp(before + static_cast<int>(random() % static_cast<unsigned>(2 * strength)) - strength, 0, 255);
    });
}

inline void stripes(Input& in, Scene& s) {
    const int fx = in.byte(), fy = in.byte(), fxx = in.byte();  // 256ths of a cycle a pixel; moire where it grows
    const unsigned strength = in.byte();
    each_pixel(s, {0, 0, s.width, s.height}, [&](int x, int y, unsigned before) {
        return (fx * x + fy * y + fxx * x * x / 256) & 128 ? before : before * strength / 255;
    });
}

// Pixels as the bytes are.
inline void raw(Input& in, Scene& s) {
    const Box b = any_box(in, s);
    each_pixel(s, b, [&](int, int, unsigned before) { return in.left() ? in.byte() : before; });
}

inline void fill(Input& in, Scene& s) {
    const Box b = any_box(in, s);
    const int base = in.byte(), dx = in.byte() - 128, dy = in.byte() - 128;
    each_pixel(s, b, [&](int x, int y, int) { return std::clamp(base + (dx * x + dy * y) / 64, 0, 255); });
}

inline void invert(Input& in, Scene& s) {
    each_pixel(s, any_box(in, s), [](int, int, unsigned before) { return 255 - before; });
}

}  // namespace scene

// The first two bytes are the size; then come operations until the input ends, 24 at most.
inline Scene make_scene(Input& in) {
    Scene s{1 + in.byte() % Scene::most_side, 1 + in.byte() % Scene::most_side, {}, {}};
    s.gray.assign(static_cast<std::size_t>(s.width) * static_cast<std::size_t>(s.height), 255);
    using Operation = void (*)(Input&, Scene&);
    constexpr std::array<Operation, 10> operations{scene::symbol, scene::finder, scene::copy,    scene::blur,
                                                   scene::wave,   scene::noise,  scene::stripes, scene::raw,
                                                   scene::fill,   scene::invert};
    for (int n = 0; n < 24 && in.left(); ++n) operations[in.byte() % operations.size()](in, s);
    return s;
}

// The scene as a caller may hand it over: channels, strides forwards and backwards, gaps, transposed, one row or
// pixel again and again. Every view stays inside of `memory`.
class Picture {
public:
    Picture(Input& in, const Scene& s) {
        const int how = in.byte();
        const int channels = std::array{1, 1, 3, 4}[static_cast<std::size_t>(how & 3)];
        const bool column_by_column = how & 4, gap = how & 8, again = how & 64;
        const std::ptrdiff_t channel = channels > 1 && how & 128 ? -1 : 1;
        const std::ptrdiff_t pixel = (channels + gap) * (how & 16 ? -1 : 1);
        std::ptrdiff_t x_stride = pixel, y_stride = (channels + gap) * (std::ptrdiff_t{s.width} + gap);
        if (column_by_column) x_stride = pixel * s.height, y_stride = channels + gap;
        if (how & 32) y_stride = -y_stride;
        if (again) (how & 4 ? x_stride : y_stride) = 0;

        const std::ptrdiff_t across = x_stride * (s.width - 1), down = y_stride * (s.height - 1),
                             deep = channel * (channels - 1);
        const std::ptrdiff_t lowest =
            std::min<std::ptrdiff_t>(across, 0) + std::min<std::ptrdiff_t>(down, 0) + std::min<std::ptrdiff_t>(deep, 0);
        const std::ptrdiff_t highest =
            std::max<std::ptrdiff_t>(across, 0) + std::max<std::ptrdiff_t>(down, 0) + std::max<std::ptrdiff_t>(deep, 0);
        memory_.assign(static_cast<std::size_t>(highest - lowest + 1), 128);  // not a byte more: ASan watches the ends
        view = {memory_.data() - lowest, s.width, s.height, channels, y_stride, x_stride, channel};
        const unsigned tint = in.byte(), alpha = in.byte();
        for (int y = 0; y < s.height; ++y)
            for (int x = 0; x < s.width; ++x)
                for (int c = 0; c < channels; ++c) {
                    const unsigned g = s.gray[static_cast<std::size_t>(y) * static_cast<std::size_t>(s.width) +
                                              static_cast<std::size_t>(x)];
                    const unsigned value = c == 3 ? 255 - (alpha & g) : c == 1 ? g * (255 - tint / 4) / 255 : g;
                    memory_[static_cast<std::size_t>(y * y_stride + x * x_stride + c * channel - lowest)] =
                        static_cast<std::uint8_t>(value);
                }
    }

    std::vector<std::uint8_t>& memory() { return memory_; }

    qrcore::PixelView view;

private:
    std::vector<std::uint8_t> memory_;
};

}  // namespace fuzz
