// Any bitmap through the finder stages: seeds are finite, lie in the picture and are never more than the stage's cap.
#include <cmath>

#include "finders.hpp"
#include "mutate.hpp"
#include "scene.hpp"

using namespace qrcore;

namespace {

template <class Dark>
void fill(Binary& out, int width, int height, Dark dark) {
    const int stride = (width + 63) / 64;
    out.storage.assign(static_cast<std::size_t>(stride) * static_cast<std::size_t>(height), 0);
    std::size_t i = 0;
    for (int y = 0; y < height; ++y) {
        std::uint64_t* row = out.storage.data() + static_cast<std::ptrdiff_t>(y) * stride;
        for (int x = 0; x < width; ++x, ++i) row[x >> 6] |= std::uint64_t{dark(i)} << (x & 63);
    }
    out.bits = {out.storage.data(), width, height, stride};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Stage stage;
    fuzz::Input input(data, size);
    const int how = input.byte(), level = input.byte() % 5;
    const unsigned limit = input.byte();
    const bool drawn = (how & 1) == 0;
    Binary binary;
    binary.level = level;
    if (drawn) {
        const fuzz::Scene scene = fuzz::make_scene(input);
        fill(binary, scene.width, scene.height, [&](std::size_t i) { return scene.gray[i] < limit; });
    } else {  // the bits as they come, again and again, in any shape
        const int width = 1 + input.below(how & 2 ? 4096 : 300);
        const int height = std::min(1 + input.below(how & 4 ? 4096 : 300), 1 + (1 << 18) / width);
        const auto bytes = input.rest();
        fill(binary, width, height,
             [&](std::size_t i) { return !bytes.empty() && (bytes[i / 8 % bytes.size()] >> i % 8 & 1); });
    }
    const int width = binary.bits.width, height = binary.bits.height;

    Budget budget;
    budget.set_work_limit(200'000);
    Context context{stage.kernels, budget, nullptr, stage.scratch};
    static std::vector<Seed> seeds;
    seeds.clear();
    const Tunables tunables;
    Detail detail;  // none, or any columns of each row of cells
    const int cells = (width << level) / 8;
    if (how & 128)
        for (int row = 0; row < (height << level) / 8; ++row)
            detail.rows.push_back({input.below(cells + 1), input.below(cells + 1)});
    const int every = 1 + (how >> 5 & 1);
    const FindersIn in{binary, detail, (how & 8) != 0, (how & 16) ? 0.8 : 0.5, every, (how & 64) != 0, 0.9};
    fuzz::require(runs_a_pixel(binary.bits) * width <= width + 1);  // the last run ends beside the row
    find_finders(in, tunables.finders, context, seeds);
    const double scale = 1 << level;
    for (const Seed& s : seeds) {
        fuzz::require(std::isfinite(s.u.x) && std::isfinite(s.u.y) && std::isfinite(s.v.x) && std::isfinite(s.v.y));
        fuzz::require(s.centre.x >= 0 && s.centre.x <= width * scale && s.centre.y >= 0 &&
                      s.centre.y <= height * scale);
    }
    return 0;
}

// The kind, the level and the threshold come before the scene; half of all inputs are plain bits.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    return seed % 2 ? LLVMFuzzerMutate(data, size, most) : fuzz::mutate_scene(data, size, most, seed, 3);
}
