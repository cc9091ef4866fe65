// Stage "detail": which parts of the picture show anything but even light, so that the rest costs no more.
#pragma once

#include <span>

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct DetailIn {
    const Pyramid& pyramid;
    int least_change;  // gray levels of an edge between cells; 0: all counts as detail
};

// A symbol is darker than its quiet zone, or lighter, and not of one gray inside: seen in cells of 8 x 8 pixels,
// however small its modules are, some neighbours differ. Rows of cells keep one range of columns each, which holds all
// detail of the row and two cells around it. Status::budget or Status::ok.
Status find_detail(const DetailIn& in, Context& context, Detail& out);

// Takes out what symbols in these places, in pixels of level 0, explain, their rims included.
void leave_out(std::span<const Quad> symbols, const Pyramid& pyramid, const Tunables::Detail& tunables, Detail& detail);

}  // namespace qrcore
