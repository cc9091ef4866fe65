#include "normalize.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "simd/clones.hpp"

namespace qrcore {
namespace {

// Sums over the rows of the window, by column with `radius` columns beyond each end, and those over whole windows.
// What they wrap around by cancels.
struct WindowSums {
    std::span<std::uint32_t> value, square;

    WindowSums(Scratch& scratch, std::size_t n)
        : value(scratch.take<std::uint32_t>(n, 0)), square(scratch.take<std::uint32_t>(n, 0)) {}
};

// Adds a row to the sums, or takes it out.
QRCORE_CLONES void add_row(const std::uint8_t* row, std::size_t n, std::uint32_t sign, std::uint32_t* value,
                           std::uint32_t* square) {
    for (std::size_t x = 0; x < n; ++x) {
        const std::uint32_t v = row[x];
        value[x] += sign * v;
        square[x] += sign * v * v;
    }
}

// The picture ends as a mirror does not: its last pixel goes on.
void extend(std::span<std::uint32_t> columns, std::size_t radius) {
    const std::size_t n = columns.size() - 2 * radius;
    std::fill_n(columns.begin(), radius, columns[radius]);
    std::fill_n(columns.begin() + static_cast<std::ptrdiff_t>(radius + n), radius, columns[radius + n - 1]);
}

// Sums of 2 radius + 1 columns around each.
void across(std::span<const std::uint32_t> columns, std::size_t radius, std::span<std::uint32_t> out) {
    std::uint32_t sum = 0;
    for (std::size_t x = 0; x < 2 * radius; ++x) sum += columns[x];
    for (std::size_t x = 0; x + 2 * radius < columns.size(); ++x) {
        sum += columns[x + 2 * radius];
        out[x] = sum;
        sum -= columns[x];
    }
}

QRCORE_CLONES void normalize_row(const std::uint8_t* row, const WindowSums& windows,
                                 const Tunables::Normalize& tunables, float share, std::uint8_t* out) {
    const auto gain = static_cast<float>(tunables.gain), noise = static_cast<float>(tunables.noise);
    const std::uint32_t *values = windows.value.data(), *squares = windows.square.data();
    for (std::size_t x = 0, n = windows.value.size(); x < n; ++x) {
        const float mean = share * static_cast<float>(static_cast<std::int32_t>(values[x]));
        const float square = share * static_cast<float>(static_cast<std::int32_t>(squares[x]));
        const float deviation = std::sqrt(std::max(square - mean * mean, 0.0f));
        const float level = 128.5f + gain * (static_cast<float>(row[x]) - mean) / (deviation + noise);
        out[x] = static_cast<std::uint8_t>(static_cast<std::int32_t>(std::clamp(level, 0.0f, 255.0f)));
    }
}

// The rows of the window are copied before they change.
Status normalize_level(int radius, const Tunables::Normalize& tunables, Context& context, int columns, int rows,
                       std::uint8_t* level) {
    Scratch::Frame frame(context.scratch);
    const int side = 2 * radius + 1;
    const auto width = static_cast<std::size_t>(columns), beyond = static_cast<std::size_t>(radius);
    WindowSums sums(context.scratch, width + 2 * beyond), windows(context.scratch, width);
    auto copies = context.scratch.take<std::uint8_t>(static_cast<std::size_t>(side) * width);
    const auto copy_of = [&](int y) { return copies.data() + static_cast<std::size_t>((y + side) % side) * width; };
    const auto enter = [&](int y) {
        std::copy_n(level + std::clamp(y, 0, rows - 1) * static_cast<std::ptrdiff_t>(columns), width, copy_of(y));
        add_row(copy_of(y), width, 1, sums.value.data() + beyond, sums.square.data() + beyond);
    };
    for (int y = -radius; y < radius; ++y) enter(y);
    for (int y = 0; y < rows; ++y) {
        if (!context.budget.spend(static_cast<std::uint32_t>(width / 256 + 1))) return Status::budget;
        enter(y + radius);
        extend(sums.value, beyond);
        extend(sums.square, beyond);
        across(sums.value, beyond, windows.value);
        across(sums.square, beyond, windows.square);
        normalize_row(copy_of(y), windows, tunables, 1.0f / static_cast<float>(side * side),
                      level + static_cast<std::ptrdiff_t>(y) * columns);
        add_row(copy_of(y - radius), width, 0u - 1, sums.value.data() + beyond, sums.square.data() + beyond);
    }
    return Status::ok;
}

}  // namespace

Status normalize(const NormalizeIn& in, const Tunables::Normalize& tunables, Context& context, Pyramid& pyramid) {
    for (int k = in.finest; k < pyramid.levels; ++k) {
        const ImageView& level = pyramid.level[k];
        const std::less<const std::uint8_t*> before;
        if (before(level.data, pyramid.storage.data()) ||
            !before(level.data, pyramid.storage.data() + pyramid.storage.size()))
            continue;
        const std::ptrdiff_t at = level.data - pyramid.storage.data();
        const Status s =
            normalize_level(in.radius, tunables, context, level.width, level.height, pyramid.storage.data() + at);
        if (s != Status::ok) return s;
    }
    return Status::ok;
}

}  // namespace qrcore
