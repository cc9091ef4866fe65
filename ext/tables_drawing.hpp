// A layout while it is being drawn: what the symbologies' function patterns and placements are made of.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "tables.hpp"

namespace qrcore {

class Drawing {
public:
    Drawing(int version, Size size, Layout& out) : out_(out), width_(size.width), height_(size.height) {
        out.version = version;
        out.size = size;
        out.role.assign(static_cast<std::size_t>(width_ * height_), Role::data);
        out.placement.clear();
        out.alignment.clear();
        for (auto& copy : out.format) copy.clear();
        for (auto& copy : out.version_info) copy.clear();
    }

    bool free(int x, int y) const { return out_.at(x, y) == Role::data; }

    void set(int x, int y, bool dark) { put(x, y, dark ? Role::dark : Role::light); }

    // A square of nested rings about (x, y), cut off at the edges of the symbol; bit k of `rings` is ring k's colour.
    void rings(int x, int y, int radius, unsigned rings) {
        for (int dy = -radius; dy <= radius; ++dy)
            for (int dx = -radius; dx <= radius; ++dx) {
                const int ring = std::max(std::abs(dx), std::abs(dy));
                if (inside(x + dx, y + dy)) set(x + dx, y + dy, rings >> ring & 1);
            }
    }
    void finder(int x, int y) { rings(x, y, 4, 0b01011); }

    // Alternating modules on what is still free of a row or column.
    void timing_row(int y) {
        for (int x = 0; x < width_; ++x)
            if (free(x, y)) set(x, y, x % 2 == 0);
    }
    void timing_column(int x) {
        for (int y = 0; y < height_; ++y)
            if (free(x, y)) set(x, y, y % 2 == 0);
    }

    void format(int copy, int x, int y) { list(out_.format, copy, x, y, Role::format); }
    void version(int copy, int x, int y) { list(out_.version_info, copy, x, y, Role::version); }
    void alignment_centre(int x, int y) { out_.alignment.push_back(at(x, y)); }

    // The message in the columns `right` .. `right - width + 1`, row by row over the modules that nothing else takes.
    void strip(int right, int width, bool up) {
        for (int i = 0; i < height_; ++i) {
            const int y = up ? height_ - 1 - i : i;
            for (int x = right; x > right - width; --x)
                if (free(x, y)) out_.placement.push_back(at(x, y));
        }
    }

    // The message in two-module columns from the right, up and down in turn (clause 7.7.3, p. 46). `skip` is a column
    // that is left out of the pairs, -1 for none.
    void place(int right, int skip, bool whole_codewords) {
        bool up = true;
        for (int x = right; x > 0; x -= 2, up = !up) {
            if (x == skip) --x;
            strip(x, 2, up);
        }
        if (whole_codewords) out_.placement.resize(out_.placement.size() / 8 * 8);  // remainder bits
    }

private:
    static ModuleAt at(int x, int y) { return {static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y)}; }
    bool inside(int x, int y) const { return x >= 0 && y >= 0 && x < width_ && y < height_; }
    void put(int x, int y, Role role) { out_.role[static_cast<std::size_t>(y * width_ + x)] = role; }
    void list(std::array<std::vector<ModuleAt>, 2>& copies, int copy, int x, int y, Role role) {
        copies[static_cast<std::size_t>(copy)].push_back(at(x, y));
        put(x, y, role);
    }

    Layout& out_;
    int width_, height_;
};

}  // namespace qrcore
