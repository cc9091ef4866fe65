// Another thread writes to the pixels while they are decoded: results mean nothing then, and nothing may crash.
#include <atomic>
#include <thread>

#include "mutate.hpp"
#include "pipeline.hpp"
#include "scene.hpp"

using namespace qrcore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Workspace workspace;
    fuzz::Input input(data, size);
    Options options;
    const int how = input.byte();
    options.effort = static_cast<Effort>(how % 3);
    options.return_failures = true;
    fuzz::Input rest = input;
    rest.byte(), rest.byte(), rest.byte();  // those of the picture
    const fuzz::Scene scene = fuzz::make_scene(rest);
    fuzz::Picture picture(input, scene);

    std::atomic<bool> stop{false};
    std::thread writer([&, pixels = static_cast<volatile std::uint8_t*>(picture.memory().data()),
                        n = static_cast<unsigned>(picture.memory().size())] {
        fuzz::scene::Random random(static_cast<unsigned>(how));
        while (!stop) {
            const unsigned from = random() % n, run = std::min(n - from, 1 + random() % 512);
            const unsigned value = random() >> 8, kind = random() >> 4;
            for (unsigned i = from; i < from + run; ++i)
                pixels[i] = static_cast<std::uint8_t>(kind & 1 ? value : kind & 2 ? random() : 255u - pixels[i]);
        }
    });
    const KernelList kernels = available_kernels();
    Budget budget;
    budget.set_work_limit(20'000);
    for (const Found& f : workspace.decode(picture.view, options, *kernels.data[size % kernels.size], budget, nullptr))
        fuzz::require(f.margin >= 0 && f.margin <= 1);
    stop = true;
    writer.join();
    return 0;
}

// Four bytes of options come before the scene.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    return fuzz::mutate_scene(data, size, most, seed, 4);
}
