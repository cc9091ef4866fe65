// The core without Python: a static program for instruction counts and for devices.
//
//   qrcore_bench count FRAME.pgm...       decodes each frame at each effort, one decode of each between two marks of
//                                         insns.c; prints `frame effort symbols`
//   qrcore_bench device FRAME.pgm...      fixed work on each kind of core; prints JSON
//       --megapixels N    of each frame in each of the five rounds (default 20)
//       --sys DIR         instead of /sys
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "machine.hpp"
#include "pipeline.hpp"
#include "simd/kernels.hpp"

namespace {

using namespace bench;

constexpr int rounds = 5;
constexpr struct {
    const char* name;
    qrcore::Effort effort;
} efforts[] = {{"fast", qrcore::Effort::fast}, {"balanced", qrcore::Effort::balanced}};

[[noreturn]] void fail(const std::string& message) {
    std::fprintf(stderr, "qrcore_bench: %s\n", message.c_str());
    std::exit(2);
}

struct Frame {
    std::string name;
    int width = 0, height = 0;
    std::vector<std::uint8_t> pixels;
};

Frame read(const std::string& path) {
    Frame frame;
    const auto slash = path.rfind('/') + 1, dot = path.rfind('.');
    frame.name = path.substr(slash, dot - slash);
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    int most = 0;
    if (!(file >> magic >> frame.width >> frame.height >> most) || magic != "P5" || most != 255 || frame.width < 1 ||
        frame.height < 1 || frame.width > 20'000 || frame.height > 20'000)
        fail(path + " is no PGM of 8 bits");
    file.get();
    frame.pixels.resize(static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height));
    if (!file.read(reinterpret_cast<char*>(frame.pixels.data()), static_cast<std::streamsize>(frame.pixels.size())))
        fail(path + " is cut off");
    return frame;
}

class Decoder {
public:
    explicit Decoder(qrcore::Effort effort) { options_.effort = effort; }

    // The number of symbols.
    std::size_t operator()(const Frame& frame) {
        qrcore::Budget budget;
        const qrcore::PixelView view{frame.pixels.data(), frame.width, frame.height, 1, frame.width, 1, 1};
        return workspace_.decode(view, options_, *qrcore::available_kernels().data[0], budget, nullptr).size();
    }

private:
    qrcore::Workspace workspace_;
    qrcore::Options options_;
};

int count(const std::vector<Frame>& frames) {
    for (const auto& [name, effort] : efforts)
        for (const Frame& frame : frames) {
            Decoder decode(effort);
            decode(frame);  // memory is taken in the first
            getppid();
            const std::size_t symbols = decode(frame);
            getppid();
            std::printf("%s %s %zu\n", frame.name.c_str(), name, symbols);
        }
    return 0;
}

// ---- On a device

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
    return out + '"';
}

std::string number(std::optional<double> value) {
    if (!value) return "null";
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", *value);
    return text;
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Measured {
    std::size_t symbols = 0;
    int calls = 0;
    std::vector<double> ms;          // of a frame, by round, rising
    double mean_ms = 0, cpu_ms = 0;  // of a frame, over all rounds
    std::optional<double> millijoules;
};

// Energy of the rounds: the difference of a counter, or the mean of readings at the end of each times the time.
Measured measure(const Machine& machine, const Frame& frame, qrcore::Effort effort, double megapixels) {
    Decoder decode(effort);
    Measured measured;
    measured.calls = std::max(1, static_cast<int>(megapixels * 1e6 / static_cast<double>(frame.pixels.size())));
    for (int i = 0; i < measured.calls; ++i) measured.symbols = decode(frame);  // the clock goes up meanwhile
    const auto before = machine.energy();
    double watts = 0;
    for (int round = 0; round < rounds; ++round) {
        const double start = seconds(), cpu_start = cpu_seconds();
        for (int i = 0; i < measured.calls; ++i) decode(frame);
        measured.cpu_ms += 1e3 * (cpu_seconds() - cpu_start) / measured.calls / rounds;
        measured.ms.push_back(1e3 * (seconds() - start) / measured.calls);
        measured.mean_ms += measured.ms.back() / rounds;
        if (before && !before->counter) watts += machine.energy().value_or(*before).watts / rounds;
    }
    if (before && before->counter) {
        const double joules = machine.energy().value_or(*before).joules - before->joules;
        measured.millijoules = 1e3 * joules / rounds / measured.calls;
    } else if (before) {
        measured.millijoules = watts * measured.mean_ms;
    }
    std::sort(measured.ms.begin(), measured.ms.end());
    return measured;
}

int device(const std::vector<Frame>& frames, const Machine& machine, double megapixels) {
    const auto energy = machine.energy();
    std::printf("{\n \"reader\": \"qrcore\", \"compiler\": %s, \"simd\": %s, \"model\": %s,\n",
                quoted(__VERSION__).c_str(), quoted(qrcore::available_kernels().data[0]->name).c_str(),
                quoted(Machine::model()).c_str());
    std::printf(" \"energy\": %s, \"rounds\": %d,\n \"cores\": [", energy ? quoted(energy->source).c_str() : "null",
                rounds);
    const char* separator = "\n";
    for (const auto& kind : machine.cores()) {
        const int cpu = kind.cpus.front();
        const bool pinned = pin_to(cpu);
        std::printf(
            "%s  {\"name\": \"%s\", \"cpu\": %d, \"cpus\": %zu, \"capacity\": %ld, \"pinned\": %s, \"celsius\": %s,",
            separator, kind.name.c_str(), cpu, kind.cpus.size(), kind.capacity, pinned ? "true" : "false",
            number(machine.celsius()).c_str());
        std::printf("\n   \"frames\": [");
        separator = "\n";
        for (const Frame& frame : frames)
            for (const auto& [name, effort] : efforts) {
                const Measured m = measure(machine, frame, effort, megapixels);
                const double median = m.ms[rounds / 2];
                std::printf(
                    "%s    {\"frame\": %s, \"effort\": \"%s\", \"width\": %d, \"height\": %d, \"symbols\": %zu,",
                    separator, quoted(frame.name).c_str(), name, frame.width, frame.height, m.symbols);
                std::printf(" \"calls\": %d, \"ms\": %s, \"least_ms\": %s, \"mean_ms\": %s,", m.calls,
                            number(median).c_str(), number(m.ms[0]).c_str(), number(m.mean_ms).c_str());
                std::printf(" \"cpu_ms\": %s, \"fps\": %s,", number(m.cpu_ms).c_str(), number(1e3 / median).c_str());
                std::printf(" \"millijoules\": %s, \"celsius\": %s, \"megahertz\": %s}", number(m.millijoules).c_str(),
                            number(machine.celsius()).c_str(), number(machine.megahertz(cpu)).c_str());
                separator = ",\n";
                std::fflush(stdout);
            }
        std::printf("\n   ]}");
    }
    std::printf("\n ]\n}\n");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    std::vector<Frame> frames;
    std::string mode, sys = "/sys";
    double megapixels = 20;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        const bool option = argument == "--sys" || argument == "--megapixels";
        if (option && i + 1 == arguments.size()) fail(argument + " needs a value");
        if (argument == "--sys") {
            sys = arguments[++i];
        } else if (argument == "--megapixels") {
            megapixels = std::atof(arguments[++i].c_str());
            if (!(megapixels > 0 && megapixels < 1e6)) fail("--megapixels must be more than 0");
        } else if (mode.empty()) {
            mode = argument;
        } else {
            frames.push_back(read(argument));
        }
    }
    if ((mode != "count" && mode != "device") || frames.empty()) fail("usage: qrcore_bench count|device FRAME.pgm...");
    return mode == "count" ? count(frames) : device(frames, Machine(sys), megapixels);
}
