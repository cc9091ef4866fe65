#include "mesh.hpp"

#include <algorithm>
#include <cmath>

namespace qrcore {
namespace {

// A symmetric banded matrix, lower half: element (i, i - d) at band d.
class Banded {
public:
    Banded(Scratch& scratch, int n, int width)
        : n_(n), width_(width), a_(scratch.take<double>(static_cast<std::size_t>(n) * (width + 1), 0.0)) {}

    double& at(int i, int j) { return a_[static_cast<std::size_t>(i) * (width_ + 1) + (i - j)]; }
    void add(int i, int j, double x) { at(std::max(i, j), std::min(i, j)) += x; }

    // Cholesky in place; false where the matrix is not positive definite.
    bool factor() {
        for (int i = 0; i < n_; ++i)
            for (int j = std::max(0, i - width_); j <= i; ++j) {
                double sum = at(i, j);
                for (int k = std::max(0, i - width_); k < j; ++k) sum -= at(i, k) * at(j, k);
                if (i != j) at(i, j) = sum / at(j, j);
                else if (sum > 1e-12) at(i, i) = std::sqrt(sum);
                else return false;
            }
        return true;
    }
    void solve(std::span<double> b) {
        for (int i = 0; i < n_; ++i) {
            double sum = b[i];
            for (int k = std::max(0, i - width_); k < i; ++k) sum -= at(i, k) * b[k];
            b[i] = sum / at(i, i);
        }
        for (int i = n_ - 1; i >= 0; --i) {
            double sum = b[i];
            for (int k = i + 1; k <= std::min(n_ - 1, i + width_); ++k) sum -= at(k, i) * b[k];
            b[i] = sum / at(i, i);
        }
    }

private:
    int n_, width_;
    std::span<double> a_;
};

// The four nodes around a place and their bilinear shares.
struct Cell {
    int node[4];
    double share[4];
};

Cell cell(const Grid& grid, Point p) {
    const double x = std::clamp(p.x / grid.node_step, 0.0, grid.nodes_x - 1.0);
    const double y = std::clamp(p.y / grid.node_step, 0.0, grid.nodes_y - 1.0);
    const int i = std::min(static_cast<int>(x), grid.nodes_x - 2), j = std::min(static_cast<int>(y), grid.nodes_y - 2);
    const double fx = x - i, fy = y - j;
    const int n = j * grid.nodes_x + i;
    return {{n, n + 1, n + grid.nodes_x, n + grid.nodes_x + 1},
            {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy}};
}

void add_row(Banded& a, std::span<const int> node, std::span<const double> factor, double weight) {
    for (std::size_t p = 0; p < node.size(); ++p)
        for (std::size_t q = 0; q <= p; ++q) a.add(node[p], node[q], weight * factor[p] * factor[q]);
}

void add_bending(Banded& a, const Grid& grid, double stiffness) {
    static constexpr double second[3] = {1, -2, 1};
    static constexpr double mixed[4] = {1, -1, -1, 1};
    const int w = grid.nodes_x, h = grid.nodes_y;
    for (int j = 0; j < h; ++j)
        for (int i = 0; i < w; ++i) {
            const int n = j * w + i;
            if (i + 2 < w) add_row(a, std::array{n, n + 1, n + 2}, second, stiffness);
            if (j + 2 < h) add_row(a, std::array{n, n + w, n + 2 * w}, second, stiffness);
            if (i + 1 < w && j + 1 < h) add_row(a, std::array{n, n + 1, n + w, n + w + 1}, mixed, 2 * stiffness);
        }
}

}  // namespace

void make_mesh(double spacing, int most_nodes, Grid& grid) {
    const int side = std::max(grid.layout->size.width, grid.layout->size.height);
    const int cells = std::clamp(static_cast<int>(side / spacing + 0.5), 3, most_nodes - 1);
    grid.node_step = static_cast<double>(side) / cells;
    const auto nodes = [&](int n) { return std::max(2, static_cast<int>(std::ceil(n / grid.node_step - 1e-9)) + 1); };
    grid.nodes_x = nodes(grid.layout->size.width);
    grid.nodes_y = nodes(grid.layout->size.height);
    grid.displacement.assign(static_cast<std::size_t>(grid.nodes_x) * grid.nodes_y, {0, 0});
}

bool fit_mesh(std::span<const Displacement> observed, double stiffness, Context& context, Grid& grid) {
    Scratch& scratch = context.scratch;
    Scratch::Frame frame(scratch);
    const int n = grid.nodes_x * grid.nodes_y, width = std::min(n - 1, 2 * grid.nodes_x);
    auto solution = scratch.take<double>(static_cast<std::size_t>(n));
    for (const bool along_u : {true, false}) {
        if (!context.budget.look()) return false;
        Scratch::Frame inner(scratch);
        Banded a(scratch, n, width);
        std::fill(solution.begin(), solution.end(), 0.0);
        add_bending(a, grid, stiffness);
        for (int i = 0; i < n; ++i) a.at(i, i) += 1e-6;
        for (const Displacement& d : observed) {
            const double weight = along_u ? d.weight_u : d.weight_v;
            if (weight <= 0) continue;
            const Cell c = cell(grid, d.at);
            add_row(a, c.node, c.share, weight);
            for (int k = 0; k < 4; ++k) solution[c.node[k]] += weight * c.share[k] * (along_u ? d.value.x : d.value.y);
        }
        if (!context.budget.look() || !a.factor()) return false;
        a.solve(solution);
        for (int i = 0; i < n; ++i) (along_u ? grid.displacement[i].x : grid.displacement[i].y) = solution[i];
    }
    return true;
}

Point Grid::displaced(Point p) const {
    if (nodes_x == 0) return p;
    const Cell c = cell(*this, p);
    Point d = p;
    for (int k = 0; k < 4; ++k) d = d + c.share[k] * displacement[static_cast<std::size_t>(c.node[k])];
    return d;
}

Quad Grid::outline() const {
    const double w = layout->size.width, h = layout->size.height;
    return {(*this)({0, 0}), (*this)({w, 0}), (*this)({w, h}), (*this)({0, h})};
}

}  // namespace qrcore
