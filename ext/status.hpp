// Why a candidate failed: one value for every check, in pipeline order.
#pragma once

#include <array>
#include <cstdint>

namespace qrcore {

enum class Status : std::uint8_t {
    budget,            // deadline, work units or cancellation came first
    finder,            // too few finders that belong together
    timing,            // the timing pattern between the finders does not alternate
    version,           // no symbol size fits the finders, or the version information contradicts it
    grid,              // the grid leaves the picture or folds
    contrast,          // no black and white to tell apart
    function_pattern,  // the fixed modules of the symbol are not there
    format,            // no format information is near enough
    correction,        // Reed-Solomon: more damage than the level corrects
    acceptance,        // corrected, but chance cannot be ruled out
    bitstream,         // the corrected data is no valid bit stream
    ok,
};

struct StatusText {
    Status status;
    const char* name;
    const char* message;
};

inline constexpr std::array<StatusText, 12> status_texts{{
    {Status::budget, "budget", "the deadline or work limit was reached before this place was finished"},
    {Status::finder, "finder", "too few finder patterns that belong together"},
    {Status::timing, "timing", "no timing pattern between the finder patterns"},
    {Status::version, "version", "no symbol version fits the finder patterns"},
    {Status::grid, "grid", "the module grid leaves the picture or folds over"},
    {Status::contrast, "contrast", "dark and light modules cannot be told apart"},
    {Status::function_pattern, "function_pattern", "the fixed patterns of a symbol are not there"},
    {Status::format, "format", "the format information is unreadable"},
    {Status::correction, "correction", "more modules are wrong than the error correction level can mend"},
    {Status::acceptance, "acceptance", "mended, but a chance hit cannot be ruled out"},
    {Status::bitstream, "bitstream", "the mended data is not a valid bit stream"},
    {Status::ok, "ok", "read"},
}};

constexpr bool status_texts_agree() {
    for (std::size_t i = 0; i < status_texts.size(); ++i)
        if (static_cast<std::size_t>(status_texts[i].status) != i) return false;
    return static_cast<std::size_t>(Status::ok) + 1 == status_texts.size();
}
static_assert(status_texts_agree(), "status_texts must list every Status in order");

}  // namespace qrcore
