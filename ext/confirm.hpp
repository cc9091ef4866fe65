// Stage "confirm": whether one frame shows the message that several frames together gave.
#pragma once

#include "context.hpp"
#include "tunables.hpp"
#include "types.hpp"

namespace qrcore {

struct ConfirmIn {
    const Modules& modules;  // of the frame alone
    const Layout& layout;
    const SymbologySpec& spec;
    const Codewords& codewords;  // how it was read
    const Message& message;
};

// Compares the check codewords of each block, which differ in half of their bits where the data does in one: by
// Hoeffding's inequality another message agrees by z standard deviations in exp(-z^2 / 2) of all frames at most.
// Status::acceptance, Status::ok.
Status confirm(const ConfirmIn& in, const Tunables::Confirm& tunables, Context& context);

}  // namespace qrcore
