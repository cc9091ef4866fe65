// The order of the stages, over passes and the ladder of retries (ladder.hpp), and the memory that is reused between
// decodes (workspace.hpp).
#pragma once

#include <memory>
#include <vector>

#include "context.hpp"
#include "image.hpp"
#include "trace.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

enum class Effort : std::uint8_t { fast, balanced, thorough };

struct Options {
    bool qr = true, micro_qr = true, rmqr = true;  // symbologies asked for
    Effort effort = Effort::balanced;
    int max_symbols = 0;           // 0: no limit
    bool return_failures = false;  // also candidates that were not read, with their status
    Tunables tunables;
};

// Everything that a decode keeps for the next one. One decode at a time.
class Workspace {
public:
    Workspace();
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    // Decodes the picture. The result stays valid until the next call. Symbols come in reading order; with
    // return_failures the failed candidates follow, best first. `trace` and `following` may be null.
    // Only std::bad_alloc is thrown; the workspace stays usable.
    const std::vector<Found>& decode(const PixelView& picture, const Options& options, const Kernels& kernels,
                                     Budget& budget, Trace* trace, const Following* following = nullptr);

    const std::vector<Sum>& sums() const;  // the symbols that were followed of late
    void forget();                         // drops them

    std::size_t bytes() const;    // memory held
    void trim(std::size_t keep);  // gives it all back, and the last result, where more than `keep` bytes are held

    struct Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace qrcore
