#include "workspace.hpp"

#include <algorithm>
#include <utility>

#include "report.hpp"

namespace qrcore {

void Workspace::Impl::forget() {
    for (Found& f : found) spare.push_back(std::move(f.content));
    found.clear();
    live = 0;
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
    return ws.scratch.capacity() + ws.pyramid.storage.capacity() + ws.binary.storage.capacity() * sizeof(std::uint64_t);
}

void Workspace::trim(std::size_t keep) {
    if (bytes() <= keep) return;
    impl_->scratch.trim(0);
    impl_->pyramid.storage = std::vector<std::uint8_t>();  // {} would keep the memory
    impl_->binary.storage = std::vector<std::uint64_t>();
    impl_->attempts.clear();
    impl_->spare.clear();
}

}  // namespace qrcore
