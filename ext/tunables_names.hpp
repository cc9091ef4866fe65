// The thresholds of tunables.hpp by name, "stage.field", for sweeps: a new field there is a new line here.
#pragma once

#include <array>
#include <string_view>

#include "tunables.hpp"

namespace qrcore {

struct TunableName {
    const char* name;
    double (*get)(const Tunables&);
    void (*set)(Tunables&, double);
};

#define QRCORE_TUNABLE(stage, field)                                                    \
    TunableName {                                                                       \
        #stage "." #field, [](const Tunables& t) { return static_cast<double>(t.stage.field); }, \
            [](Tunables& t, double value) { t.stage.field = static_cast<decltype(t.stage.field)>(value); } \
    }

inline constexpr std::array tunable_names{
    QRCORE_TUNABLE(symbol, max_format_guesses),
    QRCORE_TUNABLE(symbol, min_function_agreement),
    QRCORE_TUNABLE(correct, max_chance),
    QRCORE_TUNABLE(correct, min_spare),
};

#undef QRCORE_TUNABLE

// False where there is no threshold of this name.
inline bool set_tunable(Tunables& tunables, std::string_view name, double value) {
    for (const auto& each : tunable_names)
        if (name == each.name) {
            each.set(tunables, value);
            return true;
        }
    return false;
}

}  // namespace qrcore
