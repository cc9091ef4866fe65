// What the fuzz targets share: input bytes as choices, and a naive Reed-Solomon encoder as the other half of the
// oracle.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "context.hpp"
#include "simd/kernels.hpp"

namespace fuzz {

// Stops the fuzzer with the failing line in its stack trace.
inline void require(bool good) {
    if (!good) std::abort();
}

// The fuzzer's input, eaten from the front; zeros when it is used up.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const std::uint8_t b = rest_.front();
        rest_ = rest_.subspan(1);
        return b;
    }
    int below(int n) { return (byte() << 8 | byte()) % n; }
    std::size_t left() const { return rest_.size(); }
    std::span<const std::uint8_t> rest() const { return rest_; }

private:
    std::span<const std::uint8_t> rest_;
};

// A context without trace, deadline or kernels: the stages under test use none.
struct Stage {
    const qrcore::Kernels& kernels = *qrcore::available_kernels().data[0];
    qrcore::Budget budget;
    qrcore::Scratch scratch;
    qrcore::Context context{kernels, budget, nullptr, scratch};
};

inline std::uint8_t product(std::uint8_t a, std::uint8_t b) {
    unsigned sum = 0;
    for (int bit = 7; bit >= 0; --bit) {
        sum <<= 1;
        if (sum & 0x100) sum ^= 0x11D;
        if (b >> bit & 1) sum ^= a;
    }
    return static_cast<std::uint8_t>(sum);
}

// The same from a table, for the large symbols.
inline std::uint8_t times(std::uint8_t a, std::uint8_t b) {
    static const auto table = [] {
        std::vector<std::uint8_t> t(1 << 16);
        for (unsigned i = 0; i < t.size(); ++i)
            t[i] = product(static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
        return t;
    }();
    return table[static_cast<std::size_t>(a << 8 | b)];
}

// (x - 1)(x - 2)(x - 4) ..., highest coefficient first.
inline std::vector<std::uint8_t> generator(std::size_t check) {
    std::vector<std::uint8_t> g{1};
    std::uint8_t root = 1;
    for (std::size_t i = 0; i < check; ++i, root = times(root, 2)) {
        g.push_back(0);
        for (std::size_t j = g.size() - 1; j > 0; --j) g[j] ^= times(g[j - 1], root);
    }
    return g;
}

// The check codewords of `data`: the remainder of its division by the generator.
inline std::vector<std::uint8_t> check_codewords(std::span<const std::uint8_t> data, std::size_t check) {
    const auto g = generator(check);
    std::vector<std::uint8_t> remainder(data.begin(), data.end());
    remainder.resize(data.size() + check);
    for (std::size_t i = 0; i < data.size(); ++i) {
        const std::uint8_t factor = remainder[i];
        for (std::size_t j = 0; j < g.size(); ++j) remainder[i + j] ^= times(g[j], factor);
    }
    return {remainder.end() - static_cast<std::ptrdiff_t>(check), remainder.end()};
}

}  // namespace fuzz
