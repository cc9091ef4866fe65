// Stage "doubt": what lies under glare, dirt or a logo is not known, however black or white it looks.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct DoubtIn {
    const Layout& layout;
};

// Masking keeps large areas of one colour out of symbols, so modules in such an area are likely covered: their values
// are drawn towards zero, and the erasures of `correct` take them first. Signs stay. Status::ok.
Status doubt(const DoubtIn& in, const Tunables::Doubt& tunables, Context& context, Modules& modules);

}  // namespace qrcore
