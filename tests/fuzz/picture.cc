// A picture of any size, channels and strides through the whole pipeline: any SIMD target gives the results of the
// scalar one, they are well formed, and no text is read that was not drawn.
#include <algorithm>
#include <cmath>

#include "mutate.hpp"
#include "pipeline.hpp"
#include "scene.hpp"

namespace {

using namespace qrcore;

constexpr std::uint64_t work = 20'000;  // units: about 20 ms without sanitizers

Options any_options(fuzz::Input& input) {
    const unsigned b = input.byte();
    Options options;
    options.effort = static_cast<Effort>(b % 3);
    options.return_failures = b & 4;
    options.max_symbols = b & 8 ? 1 : 0;
    options.qr = (b & 48) != 16;
    options.micro_qr = (b & 48) != 32;
    options.rmqr = (b & 48) != 48;
    return options;
}

bool same(const Found& a, const Found& b) {
    for (std::size_t i = 0; i < 4; ++i)
        if (!(std::fabs(a.corners[i].x - b.corners[i].x) < 1e-3 && std::fabs(a.corners[i].y - b.corners[i].y) < 1e-3))
            return false;
    return a.status == b.status && a.version == b.version && a.symbology == b.symbology && a.level == b.level &&
           a.mask == b.mask && a.content.data == b.content.data;
}

void check(const Found& f, const fuzz::Scene& scene) {
    for (const Point& p : f.corners) fuzz::require(std::isfinite(p.x) && std::isfinite(p.y));
    fuzz::require(f.margin >= 0 && f.margin <= 1 && f.corrected >= 0);
    if (f.status != Status::ok) return;
    std::size_t end = 0;
    for (const Segment& segment : f.content.segments) {
        fuzz::require(segment.offset == end);
        end += segment.length;
    }
    fuzz::require(end == f.content.data.size());
    fuzz::require(std::find(scene.texts.begin(), scene.texts.end(), f.content.data) != scene.texts.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Workspace workspace;
    fuzz::Input input(data, size);
    const Options options = any_options(input);
    const fuzz::Scene scene = [&] {
        fuzz::Input rest = input;
        rest.byte(), rest.byte(), rest.byte();  // those of the picture
        return fuzz::make_scene(rest);
    }();
    const fuzz::Picture picture(input, scene);

    const KernelList kernels = available_kernels();
    const auto decode = [&](std::size_t k) {
        Budget budget;
        budget.set_work_limit(work);
        return workspace.decode(picture.view, options, *kernels.data[k], budget, nullptr);
    };
    const std::vector<Found> first = decode(kernels.size - 1), again = decode(size % kernels.size);
    fuzz::require(std::equal(first.begin(), first.end(), again.begin(), again.end(), same));
    for (const Found& f : first) check(f, scene);
    return 0;
}

// Four bytes of options come before the scene.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    return fuzz::mutate_scene(data, size, most, seed, 4);
}
