#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qrcore {

double module_of(const Found& f) {
    const Size size = symbology(f.symbology).size(f.version);
    return std::sqrt(std::fabs(doubled_area(f.corners)) / 2 / (size.width * size.height));
}

Found found_by(const Attempt& a, const Step& step, const Quad& outline, const Codewords& codewords,
               const Message& message) {
    Found f;
    // Model 1 is QR to the caller.
    f.symbology = a.candidate.spec->id == SymbologyId::qr_model_1 ? SymbologyId::qr : a.candidate.spec->id;
    f.status = Status::ok;
    f.corners = outline;
    f.version = a.pattern->layout.version;
    f.level = message.level;
    f.mask = codewords.mask;
    f.mirrored = codewords.mirrored;
    if (f.mirrored) std::swap(f.corners[1], f.corners[3]);
    else f.mirrored = doubled_area(f.corners) < 0;  // it was turned upright before it was sampled
    f.inverted = a.candidate.inverted;
    f.corrected = message.corrected;
    f.margin = message.margin;
    f.step = step.name;
    return f;
}

Found failed(const Attempt& a) {
    Found f;
    f.symbology = a.candidate.spec->id;
    f.status = a.status;
    f.corners = a.candidate.outline;
    f.inverted = a.candidate.inverted;
    f.version = a.pattern ? a.pattern->layout.version : 0;
    return f;
}

bool is_twin(const Found& a, const Found& b, double twin_area) {
    const double ratio = std::fabs(doubled_area(a.corners)) / std::fabs(doubled_area(b.corners));
    return std::max(ratio, 1 / ratio) < twin_area && contains(a.corners, centre_of(b.corners)) &&
           contains(b.corners, centre_of(a.corners));
}

void sort_for_reading(std::vector<Found>& found) {
    const auto y = [](const Found& f) { return centre_of(f.corners).y; };
    const auto x = [](const Found& f) { return centre_of(f.corners).x; };
    std::sort(found.begin(), found.end(),
              [&](const Found& a, const Found& b) { return y(a) != y(b) ? y(a) < y(b) : x(a) < x(b); });
    for (auto row = found.begin(); row != found.end();) {
        const double half = std::sqrt(std::fabs(doubled_area(row->corners)) / 2) / 2;
        auto end = std::find_if(row, found.end(), [&](const Found& f) { return y(f) > y(*row) + half; });
        std::sort(row, end, [&](const Found& a, const Found& b) { return x(a) != x(b) ? x(a) < x(b) : y(a) < y(b); });
        row = end;
    }
}

void trace_bitmap(Trace& trace, const Pass& pass, const BitmapView& bits) {
    Trace::Bitmap t{pass.name, pass.level, bits.width, bits.height, {}};
    t.words.assign(bits.data, bits.data + static_cast<std::size_t>(bits.stride) * bits.height);
    trace.bitmaps.push_back(std::move(t));
}

void trace_attempt(Trace& trace, const Attempt& a, const Step& step, Status status, double microseconds) {
    Trace::Attempt t{static_cast<int>(a.number), step.name, status, 0, {}, {}, {}, microseconds};
    if (a.pattern && status > Status::grid) {
        t.version = a.pattern->layout.version;
        t.size = a.pattern->layout.size;
        for (int y = 0; y <= t.size.height; ++y)
            for (int x = 0; x <= t.size.width; ++x)
                t.grid.push_back(a.grid({static_cast<double>(x), static_cast<double>(y)}));
        t.llr = a.modules.llr;
    }
    trace.attempts.push_back(std::move(t));
}

}  // namespace qrcore
