// What each stage saw, collected for people; null in production. Nothing here is written a pixel at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "types.hpp"

namespace qrcore {

struct Trace {
    struct Bitmap {
        std::string pass;  // "1/2 w15", ...
        int level, width, height;
        std::vector<std::uint64_t> words;
    };
    // One attempt of the ladder on one candidate.
    struct Attempt {
        int candidate;
        std::string step;
        Status status;
        int version;
        std::vector<Point> grid;  // corners of the modules, (size.width + 1) * (size.height + 1)
        std::vector<float> llr;   // size.width * size.height
        Size size;
        double microseconds;
    };
    struct Stage {
        std::string name;
        double microseconds = 0;
        std::uint64_t calls = 0;
    };
    struct Reject {
        std::string stage, reason;
        std::uint64_t count = 0;
    };

    std::vector<Bitmap> bitmaps;
    std::vector<Seed> seeds;
    std::vector<Finder> finders;
    std::vector<Candidate> candidates;
    std::vector<Attempt> attempts;
    std::vector<Stage> stages;
    std::vector<Reject> rejects;

    void time(const char* name, double microseconds);
    void reject(const char* stage, const char* reason, std::uint64_t count = 1);
};

// Tells the trace, if there is one, how long its scope took.
class Timer {
public:
    Timer(Trace* trace, const char* stage) : trace_(trace), stage_(stage) {
        if (trace_) start_ = Clock::now();
    }
    ~Timer() {
        if (trace_) trace_->time(stage_, microseconds());
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    double microseconds() const { return std::chrono::duration<double, std::micro>(Clock::now() - start_).count(); }

private:
    using Clock = std::chrono::steady_clock;

    Trace* trace_;
    const char* stage_;
    Clock::time_point start_{};
};

}  // namespace qrcore
