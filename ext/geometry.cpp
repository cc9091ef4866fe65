#include "geometry.hpp"

#include <algorithm>
#include <cstddef>

#include "simd/clones.hpp"

namespace qrcore {

Point centre_of(const Quad& q) { return 0.25 * (q[0] + q[1] + q[2] + q[3]); }

double doubled_area(const Quad& q) { return cross(q[2] - q[0], q[3] - q[1]); }

bool is_convex(const Quad& q) {
    int right = 0, left = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const Point a = q[i], b = q[(i + 1) % 4], c = q[(i + 2) % 4];
        const double turn = cross(b - a, c - b);
        right += turn > 0;
        left += turn < 0;
    }
    return right == 4 || left == 4;
}

bool contains(const Quad& q, Point p) {
    int right = 0, left = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const double side = cross(q[(i + 1) % 4] - q[i], p - q[i]);
        right += side > 0;
        left += side < 0;
    }
    return right == 0 || left == 0;
}

bool Homography::inverse(Homography& out) const {
    const auto& a = m;
    const double c0 = a[4] * a[8] - a[5] * a[7], c1 = a[5] * a[6] - a[3] * a[8], c2 = a[3] * a[7] - a[4] * a[6];
    const double determinant = a[0] * c0 + a[1] * c1 + a[2] * c2;
    if (!(std::fabs(determinant) > 1e-12)) return false;
    const double s = 1 / determinant;
    out.m = {s * c0, s * (a[2] * a[7] - a[1] * a[8]), s * (a[1] * a[5] - a[2] * a[4]),
             s * c1, s * (a[0] * a[8] - a[2] * a[6]), s * (a[2] * a[3] - a[0] * a[5]),
             s * c2, s * (a[1] * a[6] - a[0] * a[7]), s * (a[0] * a[4] - a[1] * a[3])};
    return true;
}

void Homography::jacobian(Point p, Point& du, Point& dv) const {
    const double w = m[6] * p.x + m[7] * p.y + m[8];
    const Point at = (*this)(p);
    du = {(m[0] - m[6] * at.x) / w, (m[3] - m[6] * at.y) / w};
    dv = {(m[1] - m[7] * at.x) / w, (m[4] - m[7] * at.y) / w};
}

bool solve_spd(double* a, double* b, int n) {
    // A pivot that falls to rounding noise of its own diagonal element says that the matrix is not definite.
    const double noise = 1e-13;
    const auto at = [=](int i, int j) -> double& { return a[static_cast<std::ptrdiff_t>(i) * n + j]; };
    for (int j = 0; j < n; ++j) {
        double pivot = at(j, j);
        const double least = noise * pivot;
        for (int k = 0; k < j; ++k) pivot -= at(j, k) * at(j, k);
        if (!(pivot > least) || !(pivot > 0)) return false;
        at(j, j) = std::sqrt(pivot);
        for (int i = j + 1; i < n; ++i) {
            double sum = at(i, j);
            for (int k = 0; k < j; ++k) sum -= at(i, k) * at(j, k);
            at(i, j) = sum / at(j, j);
        }
    }
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k < i; ++k) b[i] -= at(i, k) * b[k];
        b[i] /= at(i, i);
    }
    for (int i = n - 1; i >= 0; --i) {
        for (int k = i + 1; k < n; ++k) b[i] -= at(k, i) * b[k];
        b[i] /= at(i, i);
    }
    return true;
}

namespace {

// Moves the weighted mean to the origin and scales the mean square distance to 2, for the sake of the arithmetic.
struct Normal {
    Point mean;
    double scale = 1;

    Normal(std::span<const Point> points, std::span<const double> weight) {
        double sum = 0, square = 0;
        for (std::size_t i = 0; i < points.size(); ++i) {
            mean = mean + weight[i] * points[i];
            sum += weight[i];
        }
        mean = 1 / sum * mean;
        for (std::size_t i = 0; i < points.size(); ++i) square += weight[i] * dot(points[i] - mean, points[i] - mean);
        scale = std::sqrt(2 * sum / square);
    }
    Point operator()(Point p) const { return scale * (p - mean); }
};

using Matrix = std::array<double, 9>;

Matrix product(const Matrix& a, const Matrix& b) {
    Matrix c{};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 3; ++k) c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
    return c;
}

// Normal equations of x w = h0 u + h1 v + h2, y w = h3 u + h4 v + h5 with w = h6 u + h7 v + 1: weighted sums of
// products of (u, v, 1), in four lanes of which the last is zero, and of the factors of h6 and h7 in both equations.
class Equations {
public:
    void add(Point from, Point to, double weight) {
        const double row[4] = {from.x, from.y, 1, 0};
        for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 4; ++j) rows_[i][j] += weight * row[i] * row[j];
        for (int k = 0; k < 2; ++k) {
            const double right = k == 0 ? to.x : to.y, tail[2] = {-right * from.x, -right * from.y};
            for (int j = 0; j < 4; ++j) right_[k][j] += weight * row[j] * right;
            for (int i = 0; i < 2; ++i) {
                for (int j = 0; j < 4; ++j) mixed_[k][i][j] += weight * tail[i] * row[j];
                for (int j = 0; j <= i; ++j) tails_[i][j] += weight * tail[i] * tail[j];
                tails_right_[i] += weight * tail[i] * right;
            }
        }
    }
    // h0 .. h7. False where the points are degenerate.
    bool solve(double (&h)[8]) const {
        double a[64] = {};  // its lower half
        for (int k = 0; k < 2; ++k)
            for (int j = 0; j < 3; ++j) {
                for (int i = 0; i < 3; ++i) a[8 * (3 * k + i) + 3 * k + j] = rows_[i][j];
                for (int i = 0; i < 2; ++i) a[8 * (6 + i) + 3 * k + j] = mixed_[k][i][j];
                h[3 * k + j] = right_[k][j];
            }
        for (int i = 0; i < 2; ++i) {
            for (int j = 0; j <= i; ++j) a[8 * (6 + i) + 6 + j] = tails_[i][j];
            h[6 + i] = tails_right_[i];
        }
        return solve_spd(a, h, 8);
    }

private:
    double rows_[3][4] = {}, mixed_[2][2][4] = {}, right_[2][4] = {}, tails_[2][2] = {}, tails_right_[2] = {};
};

}  // namespace

QRCORE_CLONES bool fit_homography(std::span<const Point> from, std::span<const Point> to,
                                  std::span<const double> weight, Homography& out) {
    if (from.size() < 4 || to.size() != from.size() || weight.size() != from.size()) return false;
    const Normal source(from, weight), target(to, weight);
    // The equations weigh a point by its w; dividing by that of the round before makes the error one in pixels. Four
    // points fit however they are weighed; w that change by less than this change the fit by less than its error.
    constexpr int rounds = 3;
    constexpr double settled = 1e-3;
    Homography h;
    for (int round = 0; round < rounds; ++round) {
        Equations e;
        for (std::size_t i = 0; i < from.size(); ++i) {
            const Point p = source(from[i]), q = target(to[i]);
            const double w = h.m[6] * p.x + h.m[7] * p.y + 1;
            if (!(w > 0)) return false;  // behind the camera
            e.add(p, q, weight[i] / (w * w));
        }
        double solution[8];
        if (!e.solve(solution)) return false;
        const double change = std::max(std::fabs(solution[6] - h.m[6]), std::fabs(solution[7] - h.m[7]));
        std::copy(solution, solution + 8, h.m.begin());
        if (from.size() == 4 || change < settled) break;
    }
    const double s = source.scale, t = 1 / target.scale;
    const Matrix normalise{s, 0, -s * source.mean.x, 0, s, -s * source.mean.y, 0, 0, 1};
    const Matrix restore{t, 0, target.mean.x, 0, t, target.mean.y, 0, 0, 1};
    out.m = product(restore, product(h.m, normalise));
    if (out.m[8] != 0) {
        const double w = out.m[8];
        for (double& x : out.m) x /= w;
    }
    return true;
}

}  // namespace qrcore
