// Points, affine frames and homographies. Only + - * / and sqrt, so that results agree on every target.
#pragma once

#include <array>
#include <cmath>
#include <span>

namespace qrcore {

struct Point {
    double x = 0, y = 0;

    friend Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
    friend Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
    friend Point operator*(double s, Point a) { return {s * a.x, s * a.y}; }
};

inline double dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
inline double cross(Point a, Point b) { return a.x * b.y - a.y * b.x; }
inline double length(Point a) { return std::sqrt(dot(a, a)); }
inline double distance(Point a, Point b) { return length(a - b); }

using Quad = std::array<Point, 4>;  // top-left, top-right, bottom-right, bottom-left

Point centre_of(const Quad& q);  // mean of the corners

// Twice the signed area; positive when the corners run clockwise on screen (y down).
double doubled_area(const Quad& q);
bool is_convex(const Quad& q);
// Whether p lies inside the convex quad q, of either turn.
bool contains(const Quad& q, Point p);

// Maps (u, v) to (x, y) projectively; row-major, scaled so that m[8] is 1 where it can be.
struct Homography {
    std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};

    Point operator()(Point p) const {
        const double w = m[6] * p.x + m[7] * p.y + m[8];
        return {(m[0] * p.x + m[1] * p.y + m[2]) / w, (m[3] * p.x + m[4] * p.y + m[5]) / w};
    }
    // The way back. False where there is none.
    bool inverse(Homography& out) const;
    // The derivative at p: columns d/du and d/dv.
    void jacobian(Point p, Point& du, Point& dv) const;
};

// Least squares over at least four pairs with weights (direct linear transformation on normalised
// coordinates; Hartley, "In defense of the eight-point algorithm", 1997). False where the points are degenerate.
bool fit_homography(std::span<const Point> from, std::span<const Point> to, std::span<const double> weight,
                    Homography& out);

// Solves the symmetric positive definite n x n system a x = b in place by Cholesky; x is left in b.
// False where the matrix is not positive definite.
bool solve_spd(double* a, double* b, int n);

}  // namespace qrcore
