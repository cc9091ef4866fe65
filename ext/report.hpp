// What the caller is told of an attempt, and in which order; what a trace is told of it.
#pragma once

#include <vector>

#include "ladder.hpp"
#include "workspace.hpp"

namespace qrcore {

// Pixels a module, on average.
double module_of(const Found& f);

// The symbol that the step read, without its content.
Found found_by(const Attempt& a, const Step& step, const Quad& outline, const Codewords& codewords,
               const Message& message);
// The candidate that was not read, and how far it came.
Found failed(const Attempt& a);

// Whether both are one symbol: within each other and of one size. A symbol in the middle of another is not the same.
bool is_twin(const Found& a, const Found& b, double twin_area);

// Rows from top to bottom, each from left to right. A symbol is in a row whose first symbol it overlaps by half.
void sort_for_reading(std::vector<Found>& found);

void trace_bitmap(Trace& trace, const Pass& pass, const BitmapView& bits);
void trace_attempt(Trace& trace, const Attempt& a, const Step& step, Status status, double microseconds);

}  // namespace qrcore
