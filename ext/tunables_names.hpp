// The thresholds of tunables.hpp by name, "stage.field", for sweeps: a new field there is a new line here.
#pragma once

#include <array>
#include <string_view>
#include <type_traits>

#include "tunables.hpp"

namespace qrcore {

struct TunableName {
    const char* name;
    double (*get)(const Tunables&);
    void (*set)(Tunables&, double);
};

template <auto stage, auto field>
constexpr TunableName tunable(const char* name) {
    using Value = std::remove_cvref_t<decltype(Tunables{}.*stage.*field)>;
    return {name, [](const Tunables& t) { return static_cast<double>(t.*stage.*field); },
            [](Tunables& t, double value) { t.*stage.*field = static_cast<Value>(value); }};
}

#define QRCORE_TUNABLE(stage, field) tunable<&Tunables::stage, &decltype(Tunables::stage)::field>(#stage "." #field)

inline constexpr std::array tunable_names{
    QRCORE_TUNABLE(fast, scan_pixels),
    QRCORE_TUNABLE(fast, ring_pixels),
    QRCORE_TUNABLE(fast, bias),
    QRCORE_TUNABLE(fast, scan_every),
    QRCORE_TUNABLE(fast, patience),
    QRCORE_TUNABLE(fast, most_climbing),
    QRCORE_TUNABLE(fast, least_fits),
    QRCORE_TUNABLE(fast, least_change),
    QRCORE_TUNABLE(balanced, scan_pixels),
    QRCORE_TUNABLE(balanced, ring_pixels),
    QRCORE_TUNABLE(balanced, bias),
    QRCORE_TUNABLE(balanced, scan_every),
    QRCORE_TUNABLE(balanced, patience),
    QRCORE_TUNABLE(balanced, most_climbing),
    QRCORE_TUNABLE(balanced, least_fits),
    QRCORE_TUNABLE(balanced, least_change),
    QRCORE_TUNABLE(thorough, scan_pixels),
    QRCORE_TUNABLE(thorough, ring_pixels),
    QRCORE_TUNABLE(thorough, bias),
    QRCORE_TUNABLE(thorough, scan_every),
    QRCORE_TUNABLE(thorough, patience),
    QRCORE_TUNABLE(thorough, most_climbing),
    QRCORE_TUNABLE(thorough, least_fits),
    QRCORE_TUNABLE(thorough, least_change),
    QRCORE_TUNABLE(finders, least_ring_ratio),
    QRCORE_TUNABLE(finders, most_ring_ratio),
    QRCORE_TUNABLE(finders, least_core_share),
    QRCORE_TUNABLE(finders, most_ring_offset),
    QRCORE_TUNABLE(finders, most_ring_skew),
    QRCORE_TUNABLE(finders, least_ring_fill),
    QRCORE_TUNABLE(finders, least_core_fill),
    QRCORE_TUNABLE(finders, most_runs),
    QRCORE_TUNABLE(finders, most_edges),
    QRCORE_TUNABLE(verify, pixels_a_module),
    QRCORE_TUNABLE(verify, least_look),
    QRCORE_TUNABLE(verify, least_first_look),
    QRCORE_TUNABLE(verify, second_look),
    QRCORE_TUNABLE(verify, coarse_shortfall),
    QRCORE_TUNABLE(verify, fits_on_trial),
    QRCORE_TUNABLE(verify, strong_ncc),
    QRCORE_TUNABLE(verify, least_strong),
    QRCORE_TUNABLE(verify, coarse_steps),
    QRCORE_TUNABLE(verify, steps),
    QRCORE_TUNABLE(verify, coarse_error),
    QRCORE_TUNABLE(verify, settled),
    QRCORE_TUNABLE(verify, least_after_two),
    QRCORE_TUNABLE(verify, least_ncc),
    QRCORE_TUNABLE(verify, least_implied_look),
    QRCORE_TUNABLE(verify, least_implied_ncc),
    QRCORE_TUNABLE(verify, certain),
    QRCORE_TUNABLE(verify, aside),
    QRCORE_TUNABLE(verify, wider),
    QRCORE_TUNABLE(verify, least_climb_out),
    QRCORE_TUNABLE(verify, round_difference),
    QRCORE_TUNABLE(verify, least_module),
    QRCORE_TUNABLE(verify, most_stretch),
    QRCORE_TUNABLE(verify, least_sine),
    QRCORE_TUNABLE(pairs, least_ncc),
    QRCORE_TUNABLE(pairs, most_size_ratio),
    QRCORE_TUNABLE(pairs, least_modules),
    QRCORE_TUNABLE(pairs, most_modules),
    QRCORE_TUNABLE(pairs, most_slope),
    QRCORE_TUNABLE(pairs, most_pairs),
    QRCORE_TUNABLE(pairs, reach),
    QRCORE_TUNABLE(candidates, pixels_a_module),
    QRCORE_TUNABLE(candidates, least_sine),
    QRCORE_TUNABLE(candidates, most_slope),
    QRCORE_TUNABLE(candidates, least_modules),
    QRCORE_TUNABLE(candidates, most_modules),
    QRCORE_TUNABLE(candidates, most_size_ratio),
    QRCORE_TUNABLE(candidates, most_leg_ratio),
    QRCORE_TUNABLE(candidates, leg_strain),
    QRCORE_TUNABLE(candidates, most_partners),
    QRCORE_TUNABLE(candidates, most_size_error),
    QRCORE_TUNABLE(candidates, version_doubt),
    QRCORE_TUNABLE(candidates, long_pattern),
    QRCORE_TUNABLE(candidates, window),
    QRCORE_TUNABLE(candidates, window_chance),
    QRCORE_TUNABLE(candidates, clear_timing),
    QRCORE_TUNABLE(candidates, no_timing),
    QRCORE_TUNABLE(candidates, clear_triple),
    QRCORE_TUNABLE(candidates, least_alternation),
    QRCORE_TUNABLE(lone, least_ncc),
    QRCORE_TUNABLE(lone, least_score),
    QRCORE_TUNABLE(lone, pixels_a_module),
    QRCORE_TUNABLE(lone, least_half_contrast),
    QRCORE_TUNABLE(lone, most_wrong_format),
    QRCORE_TUNABLE(lone, wrong_format_penalty),
    QRCORE_TUNABLE(lone, tilt_step),
    QRCORE_TUNABLE(lone, tilt_steps),
    QRCORE_TUNABLE(lone, longest_arm),
    QRCORE_TUNABLE(lone, aside),
    QRCORE_TUNABLE(lone, clear_timing),
    QRCORE_TUNABLE(lone, unquiet_penalty),
    QRCORE_TUNABLE(lone, quiet),
    QRCORE_TUNABLE(grid, pixels_a_module),
    QRCORE_TUNABLE(grid, least_depth),
    QRCORE_TUNABLE(grid, distance_penalty),
    QRCORE_TUNABLE(grid, most_settling),
    QRCORE_TUNABLE(grid, finder_weight),
    QRCORE_TUNABLE(grid, alignment_weight),
    QRCORE_TUNABLE(grid, reach_single),
    QRCORE_TUNABLE(grid, reach_many),
    QRCORE_TUNABLE(grid, least_alignment),
    QRCORE_TUNABLE(grid, node_spacing),
    QRCORE_TUNABLE(grid, most_nodes),
    QRCORE_TUNABLE(grid, stiffness),
    QRCORE_TUNABLE(grid, first_reach),
    QRCORE_TUNABLE(grid, growth),
    QRCORE_TUNABLE(grid, first_step),
    QRCORE_TUNABLE(grid, last_step),
    QRCORE_TUNABLE(grid, far_steps),
    QRCORE_TUNABLE(grid, sweeps),
    QRCORE_TUNABLE(grid, quiet_weight),
    QRCORE_TUNABLE(grid, eye_weight),
    QRCORE_TUNABLE(grid, pixels_a_module_held),
    QRCORE_TUNABLE(sample, pixels_a_module),
    QRCORE_TUNABLE(sample, most_outside),
    QRCORE_TUNABLE(decide, radius),
    QRCORE_TUNABLE(decide, rounds),
    QRCORE_TUNABLE(decide, least_contrast),
    QRCORE_TUNABLE(decide, least_half_contrast),
    QRCORE_TUNABLE(decide, llr_scale),
    QRCORE_TUNABLE(equalize, ridge),
    QRCORE_TUNABLE(equalize, rounds),
    QRCORE_TUNABLE(equalize, decided_weight),
    QRCORE_TUNABLE(equalize, least_half_contrast),
    QRCORE_TUNABLE(equalize, most_training),
    QRCORE_TUNABLE(equalize, llr_scale),
    QRCORE_TUNABLE(doubt, in_large_area),
    QRCORE_TUNABLE(doubt, in_small_area),
    QRCORE_TUNABLE(doubt, exceptions),
    QRCORE_TUNABLE(refine, node_spacing),
    QRCORE_TUNABLE(refine, most_nodes),
    QRCORE_TUNABLE(refine, pixels_a_module),
    QRCORE_TUNABLE(refine, growth),
    QRCORE_TUNABLE(refine, final_rounds),
    QRCORE_TUNABLE(refine, blur_passes),
    QRCORE_TUNABLE(refine, mean_passes),
    QRCORE_TUNABLE(refine, quiet),
    QRCORE_TUNABLE(refine, doubtful_offset),
    QRCORE_TUNABLE(refine, finder_weight),
    QRCORE_TUNABLE(refine, anchor_weight),
    QRCORE_TUNABLE(refine, stiffness),
    QRCORE_TUNABLE(refine, soft_stiffness),
    QRCORE_TUNABLE(pipeline, most_finders),
    QRCORE_TUNABLE(pipeline, large_penalty),
    QRCORE_TUNABLE(pipeline, left_to_finer),
    QRCORE_TUNABLE(pipeline, least_module),
    QRCORE_TUNABLE(pipeline, sure_agreement),
    QRCORE_TUNABLE(pipeline, twin_area),
    QRCORE_TUNABLE(pipeline, most_failures),
    QRCORE_TUNABLE(pipeline, inner_module),
    QRCORE_TUNABLE(pipeline, alike),
    QRCORE_TUNABLE(symbol, max_format_guesses),
    QRCORE_TUNABLE(symbol, format_window),
    QRCORE_TUNABLE(symbol, max_bit_cost),
    QRCORE_TUNABLE(symbol, destroyed_copy_penalty),
    QRCORE_TUNABLE(symbol, mirrored_penalty),
    QRCORE_TUNABLE(symbol, min_version_advantage),
    QRCORE_TUNABLE(symbol, min_function_agreement),
    QRCORE_TUNABLE(symbol, min_function_agreement_detecting),
    QRCORE_TUNABLE(correct, max_chance),
    QRCORE_TUNABLE(correct, min_spare),
    QRCORE_TUNABLE(correct, max_chance_detecting),
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
