#include "context.hpp"

#include <algorithm>

namespace qrcore {

bool Budget::look() {
    if (spent_) return false;
    next_look_ = work_ + look_every;
    if (!timed_ && !hook_) return true;
    const auto now = Clock::now();
    if (timed_ && now >= deadline_) return !(spent_ = true);
    if (hook_ && now >= next_hook_) {
        next_hook_ = now + std::chrono::milliseconds(20);
        if (hook_(argument_)) {
            interrupted_ = true;
            return !(spent_ = true);
        }
    }
    return true;
}

void* Scratch::bytes(std::size_t n) {
    n = (n + alignment - 1) / alignment * alignment;
    while (block_ < blocks_.size() && used_ + n > blocks_[block_].size) {
        ++block_;
        used_ = 0;
    }
    if (block_ == blocks_.size()) {
        const std::size_t size = std::max({n, least_block, capacity() / 2 / alignment * alignment});
        auto* p = static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment}));
        blocks_.push_back({std::unique_ptr<std::byte, Free>(p), size});
        used_ = 0;
    }
    void* p = blocks_[block_].data.get() + used_;
    used_ += n;
    return p;
}

std::size_t Scratch::capacity() const {
    std::size_t sum = 0;
    for (const auto& b : blocks_) sum += b.size;
    return sum;
}

void Scratch::trim(std::size_t keep) {
    while (!blocks_.empty() && capacity() > keep) blocks_.pop_back();
    block_ = used_ = 0;
}

}  // namespace qrcore
