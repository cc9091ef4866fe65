// Threads that decode at once under ThreadSanitizer: each with a workspace of its own, the kernels and tables shared.
// Every thread must find what one alone found. Runs for the seconds of its argument.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "../fuzz/scene.hpp"
#include "pipeline.hpp"

using namespace qrcore;

namespace {

struct Job {
    std::vector<std::uint8_t> gray;
    int width, height;
    Options options;
    std::vector<Found> expected;

    PixelView view() const { return {gray.data(), width, height, 1, width, 1, 1}; }
};

bool same(const Found& a, const Found& b) {
    return a.status == b.status && a.version == b.version && a.content.data == b.content.data &&
           std::equal(a.corners.begin(), a.corners.end(), b.corners.begin(),
                      [](Point p, Point q) { return p.x == q.x && p.y == q.y; });
}

std::vector<Found> decode(const Job& job, Workspace& workspace, std::size_t turn) {
    const KernelList kernels = available_kernels();
    Budget budget;
    budget.set_work_limit(60'000);
    return workspace.decode(job.view(), job.options, *kernels.data[turn % kernels.size], budget, nullptr);
}

std::vector<Job> jobs() {
    std::vector<Job> out;
    for (unsigned n = 0; n < 24; ++n) {
        // The bytes of a scene with one symbol: see fuzz::scene::symbol.
        const auto byte = [](unsigned v) { return static_cast<std::uint8_t>(v); };
        const std::vector<std::uint8_t> bytes{160,     160, 0,  byte(n % 4), byte(n / 8), 0,   byte(n), 3,   'a', 'b',
                                              byte(n), 0,   50, byte(9 * n), 128,         128, 128,     128, 128, 20,
                                              230,     1};
        fuzz::Input input(bytes.data(), bytes.size());
        const fuzz::Scene scene = fuzz::make_scene(input);
        Job job{scene.gray, scene.width, scene.height, {}, {}};
        job.options.effort = static_cast<Effort>(n % 3);
        job.options.return_failures = true;
        Workspace workspace;
        job.expected = decode(job, workspace, 0);
        out.push_back(std::move(job));
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<Job> work = jobs();
    std::size_t readable = 0;
    for (const Job& job : work)
        for (const Found& f : job.expected) readable += f.status == Status::ok;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(argc > 1 ? std::atoi(argv[1]) : 10);
    std::atomic<long> decodes{0}, wrong{0};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
            Workspace workspace;
            for (std::size_t turn = t; std::chrono::steady_clock::now() < end; ++turn) {
                const Job& job = work[turn % work.size()];
                const auto found = decode(job, workspace, turn);
                decodes += 1;
                wrong += !std::equal(found.begin(), found.end(), job.expected.begin(), job.expected.end(), same);
            }
        });
    for (auto& thread : threads) thread.join();
    std::printf("%zu symbols in %zu pictures; 8 threads, %ld decodes, %ld unlike the first\n", readable, work.size(),
                decodes.load(), wrong.load());
    return wrong != 0 || readable < 10;
}
