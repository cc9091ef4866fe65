// What goes through every stage: kernels, budget, trace and scratch memory.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

namespace qrcore {

struct Kernels;
struct Trace;

// How much may still be spent: a deadline, a cancel flag and a number of work units. A work unit is about a
// microsecond of one core, charged by the stages for what they do, so that a test can stop at a repeatable place.
class Budget {
public:
    using Clock = std::chrono::steady_clock;
    // Returns true when the decode should stop (for example a pending Ctrl-C); asked every 20 ms at most.
    using Interrupted = bool (*)(void*);

    Budget() = default;
    void set_deadline(Clock::time_point t) {
        deadline_ = t;
        timed_ = true;
    }
    void set_work_limit(std::uint64_t units) { work_limit_ = units; }
    void set_interrupt(Interrupted hook, void* argument) {
        hook_ = hook;
        argument_ = argument;
    }

    // Charges `units` and says whether to go on. Cheap: looks at the clock once every 256 units or so.
    bool spend(std::uint32_t units) {
        work_ += units;
        if (spent_) return false;
        if (work_ >= work_limit_) return !(spent_ = true);
        if (work_ < next_look_) return true;
        return look();
    }
    // Looks at the clock now: for a stretch that lasts longer than the units say that are charged for it.
    bool look();
    bool spent() const { return spent_; }
    bool interrupted() const { return interrupted_; }
    std::uint64_t work() const { return work_; }

private:
    static constexpr std::uint32_t look_every = 256;
    std::uint64_t work_ = 0, next_look_ = look_every, work_limit_ = UINT64_MAX;
    Clock::time_point deadline_{}, next_hook_{};
    bool timed_ = false, spent_ = false, interrupted_ = false;
    Interrupted hook_ = nullptr;
    void* argument_ = nullptr;
};

// Memory for the inside of a stage: blocks are kept between decodes, so a steady state allocates nothing.
// A Scratch::Frame gives back all that was taken since it was made.
class Scratch {
public:
    class Frame {
    public:
        explicit Frame(Scratch& s) : scratch_(s), block_(s.block_), used_(s.used_) {}
        ~Frame() {
            scratch_.block_ = block_;
            scratch_.used_ = used_;
        }
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;

    private:
        Scratch& scratch_;
        std::size_t block_, used_;
    };

    // Uninitialised room for n objects of a trivial type, aligned to 64 bytes.
    template <class T>
    std::span<T> take(std::size_t n) {
        static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
        return {static_cast<T*>(bytes(n * sizeof(T))), n};
    }
    template <class T>
    std::span<T> take(std::size_t n, const T& value) {
        auto s = take<T>(n);
        for (auto& x : s) x = value;
        return s;
    }
    std::size_t capacity() const;
    void trim(std::size_t keep);  // frees blocks until at most `keep` bytes are held; only outside any Frame

private:
    static constexpr std::size_t alignment = 64, least_block = std::size_t{1} << 18;
    struct Free {
        void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
    };
    struct Block {
        std::unique_ptr<std::byte, Free> data;
        std::size_t size;
    };
    void* bytes(std::size_t n);

    std::vector<Block> blocks_;
    std::size_t block_ = 0, used_ = 0;
};

struct Context {
    const Kernels& kernels;
    Budget& budget;
    Trace* trace;  // null in production
    Scratch& scratch;
};

}  // namespace qrcore
