// One step of the ladder on one candidate: where its modules lie, which are dark, and what they say.
#pragma once

#include "context.hpp"
#include "ladder.hpp"
#include "workspace.hpp"

namespace qrcore {

class Reading {
public:
    // `following` may be null. What is read last stands in the workspace: its codewords, message and content.
    Reading(Workspace::Impl& ws, const Tunables& tunables, Context& context, const Following* following)
        : ws_(ws), tunables_(tunables), context_(context), following_(following) {}

    // Takes the step: from what the steps before it left, or anew.
    Status take(Attempt& a, const Step& step) { return a.pattern ? again(a, step) : first(a, step); }
    // Whether the sum of the frames gives a symbol that this attempt's own modules confirm.
    bool take_sum(Attempt& a, Sum& sum);

private:
    Status first(Attempt& a, const Step& step);  // tries the versions that fit and keeps the one that came furthest
    Status again(Attempt& a, const Step& step);
    Status with_finders_alone(Attempt& a, const Step& step);
    Status with_version(Attempt& a, const Step& step, int version);
    Status locate_modules(Attempt& a, bool alignment);
    // Sample, decide, equalize and read the bits.
    Status read(Attempt& a, const Step& step, bool sample_again);
    Status read_bits(Attempt& a, const Step& step);
    void look_back(Attempt& a);  // keeps what the frames to come need

    Workspace::Impl& ws_;
    const Tunables& tunables_;
    Context& context_;
    const Following* following_;
};

}  // namespace qrcore
