#include "trace.hpp"

namespace qrcore {

void Trace::time(const char* name, double microseconds) {
    for (Stage& s : stages)
        if (s.name == name) {
            s.microseconds += microseconds;
            ++s.calls;
            return;
        }
    stages.push_back({name, microseconds, 1});
}

void Trace::reject(const char* stage, const char* reason, std::uint64_t count) {
    if (count == 0) return;
    for (Reject& r : rejects)
        if (r.stage == stage && r.reason == reason) {
            r.count += count;
            return;
        }
    rejects.push_back({stage, reason, count});
}

}  // namespace qrcore
