#include "workspace.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "report.hpp"

namespace qrcore {

namespace {

// What the attempts may hold between two pictures. In the order of their candidates they would all come to hold as much
// as the largest symbol of any picture needs; the attempts of a photo need a tenth of this.
constexpr std::size_t most_of_attempts = std::size_t{8} << 20;

template <class... Vectors>
std::size_t held(const Vectors&... vectors) {
    return ((vectors.capacity() * sizeof(typename Vectors::value_type)) + ... + 0);
}

std::size_t bytes_of(const Attempt& a) {
    return sizeof a + held(a.lattice.luma, a.lattice.black, a.lattice.white, a.modules.llr, a.seen.modules.llr,
                           a.grid.displacement, a.grid.anchors);
}

}  // namespace

void Workspace::Impl::forget() {
    for (Found& f : found)
        if (f.status == Status::ok) spare.push_back(std::move(f.content));  // what failed has none
    found.clear();
    failures.clear();
    live = 0;
    std::size_t bytes = 0;
    const auto too_much = std::find_if(attempts.begin(), attempts.end(),
                                       [&](const auto& a) { return (bytes += bytes_of(*a)) > most_of_attempts; });
    attempts.erase(too_much, attempts.end());
}

const Pattern& Workspace::Impl::pattern(const SymbologySpec& spec, int version) {
    auto& of = patterns[static_cast<std::size_t>(spec.id)];
    if (of.empty()) of.resize(static_cast<std::size_t>(spec.last_version) + 1);
    auto& p = of[static_cast<std::size_t>(version)];
    if (!p) {
        p = std::make_unique<Pattern>();
        spec.layout(version, p->layout);
        for (const Role role : p->layout.role)
            p->known.push_back(role == Role::dark ? 1 : role == Role::light ? -1 : 0);
    }
    return *p;
}

Attempt& Workspace::Impl::attempt(const Candidate& candidate) {
    std::size_t k = candidate.finders == 1 ? live : 0;
    while (k < live && !std::equal(candidate.index, candidate.index + 3, attempts[k]->candidate.index)) ++k;
    if (k == attempts.size()) attempts.push_back(std::make_unique<Attempt>());
    live = std::max(live, k + 1);
    Attempt& a = *attempts[k];
    a.candidate = candidate;
    a.pattern = nullptr;
    a.seen.layout = nullptr;
    a.status = Status::timing;
    a.agreement = 0;
    a.decodings = 0;
    return a;
}

void Workspace::Impl::add(Found&& symbol, double twin_area) {
    if (std::any_of(found.begin(), found.end(), [&](const Found& f) { return is_twin(f, symbol, twin_area); })) return;
    if (!spare.empty()) {
        symbol.content = std::move(spare.back());
        spare.pop_back();
    }
    symbol.content = content;
    found.push_back(std::move(symbol));
}

Workspace::Workspace() : impl_(std::make_unique<Impl>()) {}
Workspace::~Workspace() = default;

const std::vector<Sum>& Workspace::sums() const { return impl_->sums.all; }
void Workspace::forget() { impl_->sums.all.clear(); }

std::size_t Workspace::bytes() const {
    const Impl& ws = *impl_;
    std::size_t bytes = ws.scratch.capacity() + held(ws.pyramid.storage, ws.detail.rows, ws.detail.edges, ws.seeds,
                                                     ws.finders, ws.candidates, ws.failures, ws.spare);
    for (const Binary& b : ws.binary) bytes += held(b.storage);
    for (const auto& a : ws.attempts) bytes += bytes_of(*a);
    for (const Content& c : ws.spare) bytes += held(c.data, c.segments);
    return bytes;
}

void Workspace::trim(std::size_t keep) {
    if (bytes() <= keep) return;
    Impl& ws = *impl_;
    ws.forget();
    ws.scratch.trim(0);
    const auto drop = [](auto&... vectors) { ((vectors = std::remove_reference_t<decltype(vectors)>()), ...); };
    for (Binary& b : ws.binary) drop(b.storage);
    drop(ws.pyramid.storage, ws.detail.rows, ws.detail.edges, ws.seeds, ws.finders, ws.candidates, ws.attempts,
         ws.failures, ws.spare);  // what follows `= {}` would keep its memory
}

}  // namespace qrcore
