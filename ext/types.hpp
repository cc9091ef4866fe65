// What the stages hand on, in the order of the pipeline. Plain structs; vectors are reused between decodes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "geometry.hpp"
#include "image.hpp"
#include "status.hpp"
#include "tables.hpp"

namespace qrcore {

// luma -> everything: the picture at full size and halved again and again (2 x 2 means).
struct Pyramid {
    static constexpr int max_levels = 12;
    ImageView level[max_levels];  // level[k] is smaller by 2^k
    int levels = 0;
    std::vector<std::uint8_t> storage;  // of the levels that are not the caller's own rows
};

// detail -> binarize, finders: the columns of each row of cells of 8 x 8 pixels that may show a symbol. No rows: all of
// the picture may.
struct Detail {
    static constexpr int level = 3;  // of the pyramid whose pixels are the cells

    struct Range {
        int begin, end;  // empty where end <= begin
    };
    std::vector<Range> rows;
    Range band{0, 0};                  // of rows, which holds all that are not empty
    std::vector<std::uint64_t> edges;  // a bit a cell, set where edges were found: `rows` holds these and what is near

    bool none() const { return !rows.empty() && band.end <= band.begin; }
    // The rows of a pyramid level, `height` high, that need any words.
    Range lines(int of_level, int height) const {
        if (of_level >= level || rows.empty()) return {0, height};
        const int finer = level - of_level;
        // The last cell is higher where halving dropped rows.
        return {band.begin << finer, band.end < static_cast<int>(rows.size()) ? band.end << finer : height};
    }
    // Rows of a pyramid level, from a multiple of this on, that need the same words.
    int rows_alike(int of_level) const { return of_level < level && !rows.empty() ? 1 << (level - of_level) : 1; }
    // The words of 64 pixels that rows [from, to) of a pyramid level need, of a picture `width` pixels wide there.
    Range words(int of_level, int from, int to, int width) const {
        const int all = (width + 63) / 64;
        if (of_level >= level || rows.empty()) return {0, all};
        const int finer = level - of_level, last = static_cast<int>(rows.size()) - 1;
        int cell = std::min(from >> finer, last);
        Range r = rows[static_cast<std::size_t>(cell)];
        for (const int end = std::min((to - 1) >> finer, last); cell < end;) {
            const Range here = rows[static_cast<std::size_t>(++cell)];
            r = {std::min(r.begin, here.begin), std::max(r.end, here.end)};
        }
        if (r.end <= r.begin) return {0, 0};
        // The last cell is wider where halving dropped columns.
        return {(r.begin << finer) / 64, std::min((((r.end + 1) << finer) + 63) / 64, all)};
    }
};

// binarize -> finders: dark pixels of one pyramid level against the mean of their surroundings.
struct Binary {
    BitmapView bits;
    int level = 0;         // pyramid level that was thresholded
    int window = 0;        // as in BinarizeIn; 0 where nothing was yet
    bool texture = false;  // letters, leaves or noise, by runs_a_pixel
    bool noise = false;
    std::vector<std::uint64_t> storage;
};

// finders -> verify: where a finder pattern may be, in pixels of level 0.
struct Seed {
    Point centre, u, v;     // u, v: rough pixels of one module, right up to a turn
    bool chord = false;     // u and v were measured along a row and a column, which are longer in a turned square
    bool inverted = false;  // a light finder on dark ground
    bool implied = false;   // by two others of its symbol
};

// verify -> candidates: a verified finder pattern, the affine frame that maps module offsets from its centre to the
// picture.
struct Finder {
    Point centre, u, v;  // u, v: pixels (level 0) of one module along the pattern's own axes
    float ncc = 0;       // normalised correlation with the ideal pattern, up to 1
    bool inverted = false;
    bool round = false;  // fits as well turned by 45 degrees: the axes say nothing
    bool used = false;   // belongs to a symbol that was read
    bool fresh = true;   // new or better since candidates were last looked for

    Point at(double x, double y) const { return centre + x * u + y * v; }
    double module() const { return std::sqrt(std::fabs(cross(u, v))); }
};

// candidates: finders that may belong to one symbol. finder[0] is the corner finder (top-left for QR), finder[1] lies
// along its u axis (top-right), finder[2] along its v axis (bottom-left); all are turned so that u points right and
// v down in the symbol. A mirrored symbol shows its transpose where it is square; where it is not, u and v are
// mirrored.
struct Candidate {
    static constexpr int max_versions = 5;

    const SymbologySpec* spec = nullptr;
    Finder finder[3];
    int index[3] = {-1, -1, -1};  // of the finders in the list they were made of, -1 for one that was implied
    int finders = 0;
    double score = 0;                // higher is better
    int version[max_versions] = {};  // sizes that fit, most likely first
    int versions = 0;
    Quad outline{};  // rough corners of the symbol
    // Of a single finder, whose frame says nothing of perspective: module offsets (x, y) from its centre lie at
    // (x u + y v) / (1 + tilt.x x + tilt.y y). The centre of its affine fit lies beside the true one by `tilt_shift`.
    static constexpr double tilt_shift = 5.5;  // mean square of x over the fitted pattern, weights counted
    Point tilt;
    bool inverted = false;
    Status status = Status::finder;
};

// The order in which candidates are tried: by score, and among equals one that no sort can change.
inline bool goes_first(const Candidate& a, const Candidate& b) {
    const auto key = [](const Candidate& c) {
        return std::tuple(-c.score, c.index[0], c.index[1], c.index[2], c.version[0], c.finder[0].u.x, c.finder[0].u.y);
    };
    return key(a) < key(b);
}

// A place of the symbol that was found in the picture: an alignment pattern.
struct Anchor {
    Point module, image;
    double ncc;
};

// grid, refine: where the modules lie. Module coordinates: (0, 0) is the outer corner of the top-left module.
struct Grid {
    const Layout* layout = nullptr;
    Homography to_image;
    // The elastic part: displacement in modules at nodes every `node_step` modules, the first at (0, 0), bilinear
    // in between. None where nodes_x is 0.
    int nodes_x = 0, nodes_y = 0;
    double node_step = 0;
    std::vector<Point> displacement;
    double module = 0;            // mean pixels a module
    std::vector<Anchor> anchors;  // alignment patterns that were found

    Point displaced(Point p) const;  // module coordinates in the plane
    Point operator()(Point p) const { return to_image(displaced(p)); }
    Quad outline() const;
};

// sample: luminance at half-module steps with two modules of margin on each side. Sample (i, j) lies at module
// coordinates (i / 2 - margin, j / 2 - margin): odd samples are module centres, even ones module borders.
struct Lattice {
    static constexpr int margin = 2;  // modules
    const Layout* layout = nullptr;
    int width = 0, height = 0;        // samples
    bool whole = false;               // or the module centres alone
    std::vector<float> luma;          // width * height, 0 .. 255
    std::vector<float> black, white;  // level maps, a value a module (size of the layout)

    // Index of the sample at the centre of module (x, y).
    std::size_t centre(int x, int y) const {
        return static_cast<std::size_t>(2 * (y + margin) + 1) * width + 2 * (x + margin) + 1;
    }
};

// decide, equalize -> symbol: one signed number a module in log-likelihood units; positive is dark, so that
// the sign is the bit. Frames of one symbol can be summed.
struct Modules {
    Size size;
    std::vector<float> llr;  // size.width * size.height, row by row

    float at(int x, int y) const { return llr[static_cast<std::size_t>(y) * size.width + x]; }
};

// A symbol of which the size is known, and where it lies.
struct Place {
    const SymbologySpec* spec = nullptr;
    const Layout* layout = nullptr;
    Quad corners{};    // as Grid::outline gives them, in pixels of the whole frame, as the finders
    Finder finder[3];  // as in Candidate
    int finders = 0;
    bool inverted = false;

    void move(Point by) {
        for (Point& p : corners) p = p + by;
        for (Finder& f : finder) f.centre = f.centre + by;
    }
};

// sight -> accumulate: what an attempt leaves for the frames to come, read or not.
struct Sighting : Place {
    Modules modules;  // of the step whose fixed modules came out best
    // Mean and standard deviation of the fixed modules, each taken with the sign that it should have.
    double mean = 0, deviation = 0;
};

// accumulate -> symbol: the modules of one symbol, frames added up.
struct Sum : Place {
    Modules modules;
    Point speed;              // pixels a frame
    std::uint64_t frame = 0;  // the last one added
    int frames = 0;
    int decodings = 0;  // Reed-Solomon attempts so far
};

struct Sums {
    std::vector<Sum> all;
    std::size_t latest = 0;  // where the last frame was added
};

// A picture that is one of a sequence of frames, or a part of one. Symbols are looked for first where those of the
// frames before should be by now, and what a frame leaves is added to the sums of the earlier ones.
struct Following {
    std::uint64_t frame;  // its number; they ascend, or stay where the same frame is decoded again
    Point origin;         // where the picture lies in the frame
    int enough;           // symbols read where they should be, after which no others are looked for
    bool patient;         // noise is searched too: dear, but what is found once is followed from there
};

// symbol -> correct: the codewords as they stand in the symbol.
struct Codewords {
    int version = 0;
    int version_read = 0;  // from the version information, 0 where there is none or it is unreadable
    Level level = Level::L;
    int mask = 0;
    bool mirrored = false;
    double agreement = 0;             // share of the fixed modules that have the right sign; filled on failure too
    int format_distance = 0;          // bits that the format information had wrong, both copies together
    std::vector<std::uint8_t> bytes;  // the final message, still interleaved
    std::vector<float> confidence;    // a number a codeword: the least |llr| of its bits
};

// correct -> bitstream
struct Message {
    Level level = Level::L;               // that of the blocks; the format information may have been read wrongly
    std::vector<std::uint8_t> data;       // data codewords in order
    std::vector<std::uint8_t> codewords;  // the final message, interleaved, as it should have stood
    std::vector<std::uint8_t> mended;     // a flag a codeword of `codewords`: its block could be corrected
    int corrected = 0;                    // codewords that were wrong, over all blocks
    int erased = 0;                       // codewords that were erased, over all blocks
    double margin = 0;                    // least (n - e - 2 v) / n over the blocks: 0 at the limit, 1 untouched
    double chance = 0;                    // bound on the probability that a random word would have been accepted
};

enum class Mode : std::uint8_t { numeric, alphanumeric, byte, kanji, hanzi };
enum class Fnc1 : std::uint8_t { none, gs1, aim };

struct Segment {
    Mode mode;
    int eci = -1;                  // assignment number in force, -1 for none
    std::uint32_t offset, length;  // bytes of Content::data
};

struct StructuredAppend {
    int index = 0, total = 0;  // total 0: not part of a set
    int parity = 0;
};

// bitstream -> the caller
struct Content {
    std::vector<std::uint8_t> data;  // bytes of all segments in order; kanji as Shift_JIS, Hanzi as GB 2312
    std::vector<Segment> segments;
    Fnc1 fnc1 = Fnc1::none;
    int aim_indicator = -1;  // application indicator of FNC1 in second position
    StructuredAppend append;
    bool padding_ok = true;  // the rest of the data is terminator and pad codewords as the standard has them
};

// pipeline -> the caller
struct Found {
    SymbologyId symbology = SymbologyId::qr;
    Status status = Status::finder;
    Quad corners{};
    int version = 0;
    Level level = Level::L;
    int mask = 0;
    bool mirrored = false, inverted = false;
    int corrected = 0;
    double margin = 0;
    const char* step = "";  // the row of the ladder that read it
    Content content;
};

}  // namespace qrcore
