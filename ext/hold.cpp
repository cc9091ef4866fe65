#include "hold.hpp"

#include <algorithm>
#include <cmath>

#include "interpolate.hpp"

namespace qrcore {
namespace {

// A module that should be dark (positive weight) or light (negative), or either (`eye`), by its place in the unit
// square. One of the quiet zone is light where the picture has cut it off.
struct Fixed {
    float x, y, weight;
    bool eye, quiet;
};

// The projective map of the unit square to a quad (Heckbert, "Fundamentals of Texture Mapping", 1989).
Homography from_square(const Quad& q) {
    const Point d1 = q[1] - q[2], d2 = q[3] - q[2], d3 = q[0] - q[1] + q[2] - q[3];
    const double area = cross(d1, d2), safe = std::fabs(area) > 1e-12 ? area : 1e-12;
    const double g = cross(d3, d2) / safe, h = cross(d1, d3) / safe;
    return {{q[1].x - q[0].x + g * q[1].x, q[3].x - q[0].x + h * q[3].x, q[0].x, q[1].y - q[0].y + g * q[1].y,
             q[3].y - q[0].y + h * q[3].y, q[0].y, g, h, 1}};
}

// The map of a rectangle of modules from the corner to a quad.
Homography from_modules(const Quad& q, double width, double height) {
    Homography h = from_square(q);
    for (const std::size_t row : {0, 3, 6}) h.m[row] /= width, h.m[row + 1] /= height;
    return h;
}

bool far_corner_is_data(const Layout& layout) {
    return layout.at(layout.size.width - 1, layout.size.height - 1) == Role::data;
}

// What of the symbol is looked at: the columns left of `reach`.
class Region {
public:
    Region(const Pyramid& pyramid, const Layout& layout, const Tunables::Grid& tunables, Scratch& scratch)
        : pyramid_(pyramid),
          layout_(layout),
          tunables_(tunables),
          fixed_(scratch.take<Fixed>(static_cast<std::size_t>(layout.size.width + 2) * (layout.size.height + 2))) {}

    void take(int reach) {
        const int w = layout_.size.width, h = layout_.size.height;  // clang 14 captures no structured bindings
        const bool eyes = far_corner_is_data(layout_);
        n_ = 0;
        const auto add = [&](int x, int y, double weight, bool eye, bool quiet = false) {
            fixed_[n_++] = {static_cast<float>((x + 0.5) / reach), static_cast<float>((y + 0.5) / h),
                            static_cast<float>(weight), eye, quiet};
        };
        for (int y = -1; y <= h; ++y)
            for (int x = -1; x <= (reach == w ? w : reach - 1); ++x) {
                if (x < 0 || y < 0 || x == w || y == h) {
                    add(x, y, -tunables_.quiet_weight, false, true);
                    continue;
                }
                const Role role = layout_.at(x, y);
                if (role == Role::dark || role == Role::light) add(x, y, role == Role::dark ? 1 : -1, false);
                else if (eyes) add(x, y, tunables_.eye_weight, true);
            }
    }

    // Black and white of the finder at module coordinates as `h` has them.
    void set_levels(const Homography& h, double module) {
        const int level = level_for(pyramid_, module, tunables_.pixels_a_module_held);
        image_ = pyramid_.level[level];
        scale_ = static_cast<float>(1.0 / (1 << level));
        float dark = 0, light = 0;
        for (int k = 0; k < 7; ++k) {
            dark += luma(h({k + 0.5, 0.5})) + luma(h({0.5, k + 0.5}));
            if (k > 0 && k < 6) light += luma(h({k + 0.5, 1.5})) + luma(h({1.5, k + 0.5}));
        }
        dark /= 14, light /= 10;
        middle_ = (dark + light) / 2;
        per_half_ = std::fabs(light - dark) > 1 ? 2 / (light - dark) : 2.0f;
    }

    // How well the modules show with the region's corners at `q`.
    float operator()(const Quad& q) const {
        const Homography map = from_square(q);
        float m[9];
        for (std::size_t k = 0; k < 9; ++k) m[k] = static_cast<float>(map.m[k]);
        float sum = 0;
        for (const Fixed& f : fixed_.first(n_)) {
            const float w = m[6] * f.x + m[7] * f.y + m[8];
            if (!(w > 0.05f)) return -1e9f;
            const float px = scale_ * (m[0] * f.x + m[1] * f.y + m[2]) / w;
            const float py = scale_ * (m[3] * f.x + m[4] * f.y + m[5]) / w;
            const bool cut_off = f.quiet && !(px >= 0 && py >= 0 && px < static_cast<float>(image_.width) &&
                                              py < static_cast<float>(image_.height));
            const float tone = cut_off ? -1 : (middle_ - bilinear(image_, px, py)) * per_half_;
            // A strong light counts no more than a clear one, yet keeps its slope.
            sum += f.weight * (f.eye ? std::min(std::fabs(tone), 1.0f) : std::clamp(tone, -1.5f, 1.5f));
        }
        return sum;
    }
    std::size_t size() const { return n_; }

private:
    float luma(Point p) const {
        return bilinear(image_, static_cast<float>(p.x) * scale_, static_cast<float>(p.y) * scale_);
    }

    const Pyramid& pyramid_;
    const Layout& layout_;
    const Tunables::Grid& tunables_;
    std::span<Fixed> fixed_;
    std::size_t n_ = 0;
    ImageView image_;
    float scale_ = 1, middle_ = 0, per_half_ = 1;
};

}  // namespace

Homography plane_of(const Candidate& candidate) {
    const Finder& f = candidate.finder[0];
    const Point t = candidate.tilt, c = f.centre + Candidate::tilt_shift * (t.x * f.u + t.y * f.v);
    const double corner = 1 - 3.5 * (t.x + t.y);  // the denominator at the corner of the symbol
    const Point x = f.u + t.x * c, y = f.v + t.y * c, o = corner * c - 3.5 * (f.u + f.v);
    Homography h{{x.x, y.x, o.x, x.y, y.y, o.y, t.x, t.y, corner}};
    for (double& m : h.m) m /= corner;
    return h;
}

Status hold(const Pyramid& pyramid, const Layout& layout, const Tunables::Grid& tunables, Context& context,
            Homography& h) {
    const int width = layout.size.width, height = layout.size.height;
    Scratch::Frame frame(context.scratch);
    Region region(pyramid, layout, tunables, context.scratch);
    Point du, dv;
    h.jacobian({3.5, 3.5}, du, dv);
    region.set_levels(h, std::sqrt(std::fabs(cross(du, dv))));
    for (int reach = std::min(width, static_cast<int>(tunables.first_reach));;
         reach = std::min(width, static_cast<int>(reach * tunables.growth))) {
        region.take(reach);
        const double x = reach, y = height;
        Quad q{h({0, 0}), h({x, 0}), h({x, y}), h({0, y})};
        float best = region(q);
        if (far_corner_is_data(layout)) {
            // The timing patterns hold three corners; the fourth has many places that look right nearby.
            const Point start = q[2], along = tunables.first_step / x * (q[1] - q[0]),
                        down = tunables.first_step / y * (q[3] - q[0]);
            Point chosen = start;
            for (int j = -tunables.far_steps; j <= tunables.far_steps && context.budget.look(); ++j)
                for (int i = -tunables.far_steps; i <= tunables.far_steps; ++i) {
                    q[2] = start + static_cast<double>(i) * along + static_cast<double>(j) * down;
                    const float value = region(q);
                    if (value > best) best = value, chosen = q[2];
                }
            q[2] = chosen;
        }
        for (double step = tunables.first_step; step >= tunables.last_step; step /= 2) {
            const Point along = step / x * (q[1] - q[0]), down = step / y * (q[3] - q[0]);
            for (int sweep = 0; sweep < tunables.sweeps; ++sweep) {
                if (!context.budget.spend(static_cast<std::uint32_t>(region.size() / 4))) return Status::budget;
                bool better = false;
                for (std::size_t k : {2, 1, 3, 0})
                    for (const Point move : {along, -1 * along, down, -1 * down}) {
                        const Point before = q[k];
                        q[k] = before + move;
                        const float value = region(q);
                        if (value > best) best = value, better = true;
                        else q[k] = before;
                    }
                if (!better) break;
            }
        }
        if (!is_convex(q)) return Status::grid;
        h = from_modules(q, x, y);
        if (reach == width) return Status::ok;
    }
}

}  // namespace qrcore
