// Every kernel of every SIMD target against the scalar one: any length, any alignment, and not a byte past the end.
#include <memory>

#include "encode.hpp"

namespace {

using namespace qrcore;

// Exactly n bytes at some distance from an aligned place, repeating what the input has, so that ASan sees a step
// beyond either end.
class Row {
public:
    Row(fuzz::Input& input, std::size_t n, std::size_t shift)
        : memory_(new std::uint8_t[n + shift]), data(memory_.get() + shift), size(n) {
        const auto some = input.rest();
        for (std::size_t i = 0; i < n; ++i) data[i] = some.empty() ? 0 : some[i % some.size()];
        input.byte();
    }

private:
    std::unique_ptr<std::uint8_t[]> memory_;

public:
    std::uint8_t* data;
    std::size_t size;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const KernelList list = available_kernels();
    const Kernels& scalar = *list.data[list.size - 1];
    const auto which = input.byte() % 7;
    const auto n = static_cast<std::size_t>(input.below(700)), shift = static_cast<std::size_t>(input.byte() % 64);
    for (std::size_t k = 0; k + 1 < list.size; ++k) {
        fuzz::Input rest = input;
        const Kernels& simd = *list.data[k];
        const auto run = [&](auto&& call) {
            std::vector<std::uint8_t> expected(n), got(n);
            call(scalar, expected.data());
            call(simd, got.data());
            fuzz::require(expected == got);
        };
        switch (which) {
            case 0: {
                const Row a(rest, 2 * n, shift), b(rest, 2 * n, shift / 2);
                run([&](const Kernels& kernels, std::uint8_t* to) { kernels.halve(a.data, b.data, to, n); });
                break;
            }
            case 1: {
                const Row a(rest, 3 * n, shift);
                run([&](const Kernels& kernels, std::uint8_t* to) { kernels.luma_rgb(a.data, to, n); });
                break;
            }
            case 2: {
                const Row a(rest, 4 * n, shift);
                run([&](const Kernels& kernels, std::uint8_t* to) { kernels.luma_rgba(a.data, to, n); });
                break;
            }
            case 3: {
                const Row a(rest, n, shift), limit(rest, (n + 1) / 2, shift / 2);
                std::vector<std::uint64_t> expected((n + 63) / 64, 1), got((n + 63) / 64, 2);
                scalar.threshold(a.data, limit.data, expected.data(), n);
                simd.threshold(a.data, limit.data, got.data(), n);
                fuzz::require(expected == got);
                break;
            }
            case 4: {
                const Row near(rest, n, shift), far(rest, n, shift / 2);
                run([&](const Kernels& kernels, std::uint8_t* to) { kernels.between(near.data, far.data, to, n); });
                break;
            }
            case 5: {
                const Row runs(rest, 2 * n + 4, shift);
                std::vector<std::int32_t> edges{0}, expected(n), got(n);
                for (std::size_t i = 0; i < 2 * n + 3; ++i) edges.push_back(edges.back() + runs.data[i] % 32);
                edges.resize(edges.size() + 16);  // what may be read beyond
                const RunTest test{rest.byte(), 7 + rest.byte()};
                expected.resize(scalar.cores(edges.data() + 2, n, test, expected.data()));
                got.resize(simd.cores(edges.data() + 2, n, test, got.data()));
                fuzz::require(expected == got);
                break;
            }
            default: {
                const Row source(rest, n / 2 + 2, shift);
                run([&](const Kernels& kernels, std::uint8_t* to) { kernels.widen(source.data + 1, to, n / 2); });
            }
        }
    }
    return 0;
}
