// Decodes PGM files at every effort and prints the texts: what valgrind watches.
#include <cstdio>
#include <vector>

#include "pipeline.hpp"
#include "simd/kernels.hpp"

using namespace qrcore;

int main(int argc, char** argv) {
    Workspace workspace;
    int texts = 0;
    for (int k = 1; k < argc; ++k) {
        std::FILE* file = std::fopen(argv[k], "rb");
        int width = 0, height = 0;
        if (!file || std::fscanf(file, "P5 %d %d 255", &width, &height) != 2 || std::fgetc(file) != '\n') return 2;
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
        const std::size_t got = std::fread(pixels.data(), 1, pixels.size(), file);
        std::fclose(file);
        if (got != pixels.size()) return 2;
        for (const Effort effort : {Effort::fast, Effort::balanced, Effort::thorough}) {
            Options options;
            options.effort = effort;
            options.return_failures = true;
            Budget budget;
            Trace trace;
            const PixelView view{pixels.data(), width, height, 1, width, 1, 1};
            for (const Found& f : workspace.decode(view, options, *available_kernels().data[0], budget, &trace)) {
                if (f.status != Status::ok) continue;
                ++texts;
                std::printf("%.*s\n", static_cast<int>(f.content.data.size()),
                            reinterpret_cast<const char*>(f.content.data.data()));
            }
        }
    }
    return texts == 0;
}
