// How the targets that draw scenes change their input: beside libFuzzer's own mutations, a new real symbol to start
// from, or one more operation that breaks what is there. Included once a target.
#pragma once

#include <algorithm>
#include <cstring>

#include "scene.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace fuzz {

using Bytes = std::vector<std::uint8_t>;

// A symbol of any kind in the middle of the picture, which can be read as it stands; `side`, where given, becomes the
// side of a picture that it fills.
inline Bytes fresh_symbol(scene::Random& random, std::uint8_t* side = nullptr) {
    const auto specs = qrcore::symbologies();
    const auto& spec = specs[random() % specs.size()];
    const auto versions = static_cast<unsigned>(spec.last_version - spec.first_version + 1);
    // Small versions more often: they are quicker, and the stages are the same.
    const unsigned version = std::min(random() % versions, random() % versions);
    const auto value = random() % static_cast<unsigned>(spec.format.values);
    const auto size = spec.size(spec.first_version + static_cast<int>(version));
    const double modules = std::max(size.width, size.height) + 6.0;
    const double module = std::min(1.5 + random() % 64 / 32.0, Scene::most_side / modules);
    if (side) *side = static_cast<std::uint8_t>(std::min(module * modules, 255.0));
    Bytes out{0, static_cast<std::uint8_t>(spec.id), static_cast<std::uint8_t>(version),
              static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
    const unsigned length = random() % 12;
    out.push_back(static_cast<std::uint8_t>(length));
    for (unsigned i = 0; i < length; ++i) out.push_back(static_cast<std::uint8_t>(random() >> 5));
    const auto byte = [&](double v) { out.push_back(static_cast<std::uint8_t>(std::clamp(v, 0.0, 255.0))); };
    byte(0);                    // flips
    byte((module - 0.9) * 32);  // module
    byte(random() % 24);        // angle
    byte(random() % 64 + 96);   // slant
    byte(random() % 32 + 112);  // perspective
    byte(random() % 32 + 112);
    byte(128), byte(128);                            // the middle
    byte(random() % 64), byte(192 + random() % 64);  // tones
    byte((random() >> 7) & 0x1D);                    // with its quiet zone
    return out;
}

// An operation with any parameters.
inline Bytes any_operation(scene::Random& random) {
    Bytes out{static_cast<std::uint8_t>(1 + random() % 9)};
    for (int i = 0; i < 8; ++i) out.push_back(static_cast<std::uint8_t>(random() >> 9));
    return out;
}

// `header` bytes, then the scene.
inline std::size_t mutate_scene(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                                std::size_t header) {
    scene::Random random(seed);
    random();
    const std::size_t start = header + 2;
    if (size > start && random() % 4) return LLVMFuzzerMutate(data, size, max_size);
    Bytes bytes(data, data + size);
    if (size <= start || random() % 4 == 0) {
        bytes.resize(header, 0);
        if (random() % 2)
            for (auto& b : bytes) b = static_cast<std::uint8_t>(random() >> 5);
        std::uint8_t side = 0;
        const Bytes symbol = fresh_symbol(random, &side);
        bytes.push_back(side), bytes.push_back(side);
        bytes.insert(bytes.end(), symbol.begin(), symbol.end());
    } else {
        const Bytes operation = random() % 8 ? any_operation(random) : fresh_symbol(random);
        bytes.insert(bytes.end(), operation.begin(), operation.end());
    }
    bytes.resize(std::min(bytes.size(), max_size));
    std::copy(bytes.begin(), bytes.end(), data);
    return bytes.size();
}

}  // namespace fuzz
