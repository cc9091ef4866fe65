// Stage "finders": where finder patterns may be, from the runs of one bitmap.
#pragma once

#include <vector>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct FindersIn {
    const Binary& binary;
    const Detail& detail;
    bool rings;           // light rings with a dark core, from connected components: finds tilted and bitten patterns
    double scan;          // tolerance of 1:1:3:1:1 run lengths along rows and columns; 0 leaves the scan out
    int scan_every;       // rows from one scanned row to the next
    bool inverted;        // also light patterns on dark ground, by runs and by rings
    double least_module;  // pixels of this level: smaller patterns are left to a finer one
    double least_in_noise = 0;  // pixels a module on rows that look like coin flips, where it is more than that
    bool dark = true;           // dark patterns by runs
};

// How often a bitmap changes colour: the more, the dearer are the ring test and each row.
double runs_a_pixel(const BitmapView& bits);

// Both detectors work on the same runs. The ring test asks no outer ring of the pattern; the scan asks no closed
// one. Appends to `out`. Status::budget or Status::ok.
Status find_finders(const FindersIn& in, const Tunables::Finders& tunables, Context& context, std::vector<Seed>& out);

}  // namespace qrcore
