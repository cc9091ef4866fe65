# The stages of the core as Cython sees them, for tests; what decoding needs is in _core.pxd.

from libc.stddef cimport size_t
from libc.stdint cimport int8_t, uint8_t, uint64_t
from libcpp cimport bool
from libcpp.vector cimport vector

from qrcore._core cimport (
    AccumulateTunables, Binary, BitmapView, Candidate, CandidatesTunables, Codewords, ConfirmTunables, Content,
    Context, CorrectTunables, DecideTunables, Detail, DetailRange, DoubtTunables, EqualizeTunables, Finder, FindersTunables, Grid,
    GridTunables, Homography, Lattice, Layout, LoneTunables, Message, Modules, NormalizeTunables, PairsTunables, PixelView,
    Point, Pyramid, RefineTunables, SampleTunables, Scratch, Seed, SightTunables, Sighting, Status, Sums, SymbolTunables,
    SymbologySpec, VerifyTunables, byte_span,
)


cdef extern from "luma.hpp" namespace "qrcore" nogil:
    cdef enum class Channel(uint8_t):
        luma
        red
        blue

    cdef cppclass LumaIn:
        pass

    LumaIn luma_in "qrcore::LumaIn"(const PixelView&, Channel, bool)
    Status luma(const LumaIn&, Context&, Pyramid&) except +


cdef extern from "normalize.hpp" namespace "qrcore" nogil:
    cdef cppclass NormalizeIn:
        pass

    NormalizeIn normalize_in "qrcore::NormalizeIn"(int, int)
    Status normalize(const NormalizeIn&, const NormalizeTunables&, Context&, Pyramid&) except +


cdef extern from "binarize.hpp" namespace "qrcore" nogil:
    cdef cppclass BinarizeIn:
        pass

    BinarizeIn binarize_in "qrcore::BinarizeIn"(const Pyramid&, const Detail&, int, int, int)
    Status binarize(const BinarizeIn&, Context&, Binary&) except +


cdef extern from "detail.hpp" namespace "qrcore" nogil:
    cdef cppclass DetailIn:
        pass

    DetailIn detail_in "qrcore::DetailIn"(const Pyramid&, int)
    Status find_detail(const DetailIn&, Context&, Detail&) except +


cdef extern from "finders.hpp" namespace "qrcore" nogil:
    cdef cppclass FindersIn:
        pass

    FindersIn finders_in "qrcore::FindersIn"(
        const Binary&, const Detail&, bool, double, int, bool, double, double)
    double runs_a_pixel(const BitmapView&)
    Status find_finders(const FindersIn&, const FindersTunables&, Context&, vector[Seed]&) except +


cdef extern from "verify.hpp" namespace "qrcore" nogil:
    cdef cppclass VerifyIn:
        pass

    VerifyIn verify_in "qrcore::VerifyIn"(const Pyramid&, const vector[Seed]&, int, int&, bool)
    Status verify_finders(const VerifyIn&, const VerifyTunables&, Context&, vector[Finder]&) except +


cdef extern from "pairs.hpp" namespace "qrcore" nogil:
    cdef cppclass PairsIn:
        pass

    PairsIn pairs_in "qrcore::PairsIn"(const vector[Finder]&)
    Status imply_finders(const PairsIn&, const PairsTunables&, Context&, vector[Seed]&) except +


cdef extern from "candidates.hpp" namespace "qrcore" nogil:
    cdef cppclass CandidatesIn:
        pass

    CandidatesIn candidates_in "qrcore::CandidatesIn"(const Pyramid&, const vector[Finder]&, double)
    Status find_candidates(const CandidatesIn&, const CandidatesTunables&, Context&, vector[Candidate]&) except +


cdef extern from "lone.hpp" namespace "qrcore" nogil:
    cdef cppclass LoneKind:
        pass

    cdef cppclass LoneIn:
        pass

    LoneKind lone_kind "qrcore::LoneKind"(const SymbologySpec*, const Layout*)
    LoneIn lone_in "qrcore::LoneIn"(const Pyramid&, const vector[Finder]&, const vector[LoneKind]&, double)  # a span
    Status find_lone(const LoneIn&, const LoneTunables&, Context&, vector[Candidate]&) except +


cdef extern from "hold.hpp" namespace "qrcore" nogil:
    Homography plane_of(const Candidate&)
    Status hold(const Pyramid&, const Layout&, const GridTunables&, Context&, Homography&) except +


cdef extern from "grid.hpp" namespace "qrcore" nogil:
    cdef cppclass GridIn:
        pass

    GridIn grid_in "qrcore::GridIn"(const Pyramid&, const Candidate&, const Layout&, bool)
    Status make_grid(const GridIn&, const GridTunables&, Context&, Grid&) except +


cdef extern from "mesh.hpp" namespace "qrcore" nogil:
    cdef struct Displacement:
        Point at, value
        double weight_u, weight_v

    void make_mesh(double, int, Grid&) except +
    bool fit_mesh(const vector[Displacement]&, double, Context&, Grid&) except +  # a span


cdef extern from "refine.hpp" namespace "qrcore" nogil:
    cdef enum class Clue(uint8_t):
        edges
        eyes

    cdef cppclass RefineIn:
        pass

    RefineIn refine_in "qrcore::RefineIn"(const Pyramid&, const Candidate&, Clue, bool)
    Status refine(const RefineIn&, const RefineTunables&, Context&, Grid&) except +


cdef extern from "resample.hpp" namespace "qrcore" nogil:
    cdef cppclass Resampled:
        int width, height
        double outside
        const float* row(int)

    Resampled resample(const Pyramid&, int, const Grid&, int, int, Context&) except +


cdef extern from "sample.hpp" namespace "qrcore" nogil:
    cdef cppclass SampleIn:
        pass

    SampleIn sample_in "qrcore::SampleIn"(const Pyramid&, const Grid&, bool)
    Status sample(const SampleIn&, const SampleTunables&, Context&, Lattice&) except +


cdef extern from "decide.hpp" namespace "qrcore" nogil:
    cdef cppclass DecideIn:
        pass

    DecideIn decide_in "qrcore::DecideIn"(bool, const vector[int8_t]&)  # a span
    Status decide(const DecideIn&, const DecideTunables&, Context&, Lattice&, Modules&) except +


cdef extern from "equalize.hpp" namespace "qrcore" nogil:
    cdef cppclass EqualizeIn:
        pass

    EqualizeIn equalize_in "qrcore::EqualizeIn"(const Lattice&, bool, const vector[int8_t]&)  # a span
    Status equalize(const EqualizeIn&, const EqualizeTunables&, Context&, Modules&) except +


cdef extern from "doubt.hpp" namespace "qrcore" nogil:
    cdef cppclass DoubtIn:
        pass

    DoubtIn doubt_in "qrcore::DoubtIn"(const Layout&)
    Status doubt(const DoubtIn&, const DoubtTunables&, Context&, Modules&) except +


cdef extern from "sight.hpp" namespace "qrcore" nogil:
    cdef cppclass SightIn:
        pass

    SightIn sight_in "qrcore::SightIn"(const Candidate&, const Layout&, const Grid&, const Modules&)
    Status sight(const SightIn&, const SightTunables&, Context&, Sighting&) except +


cdef extern from "accumulate.hpp" namespace "qrcore" nogil:
    cdef cppclass AccumulateIn:
        pass

    AccumulateIn accumulate_in "qrcore::AccumulateIn"(const Sighting&, uint64_t)
    Status accumulate(const AccumulateIn&, const AccumulateTunables&, Context&, Sums&) except +


cdef extern from "confirm.hpp" namespace "qrcore" nogil:
    cdef cppclass ConfirmIn:
        pass

    ConfirmIn confirm_in "qrcore::ConfirmIn"(
        const Modules&, const Layout&, const SymbologySpec&, const Codewords&, const Message&)
    Status confirm(const ConfirmIn&, const ConfirmTunables&, Context&) except +


cdef extern from "symbol.hpp" namespace "qrcore" nogil:
    cdef cppclass SymbolIn:
        pass

    SymbolIn symbol_in "qrcore::SymbolIn"(const Modules&, const Layout&, const SymbologySpec&, int)
    Status read_symbol(const SymbolIn&, const SymbolTunables&, Context&, Codewords&) except +


cdef extern from "correct.hpp" namespace "qrcore" nogil:
    cdef cppclass CorrectIn:
        pass

    CorrectIn correct_in "qrcore::CorrectIn"(const Codewords&, const SymbologySpec&, bool, int)
    CorrectIn correct_in "qrcore::CorrectIn"(const Codewords&, const SymbologySpec&, bool, int, bool)
    Status correct(const CorrectIn&, const CorrectTunables&, Context&, Message&) except +

    cdef cppclass BlockMended:
        bool ok
        int errors, changed

    cdef cppclass writable_span "std::span<std::uint8_t>":
        writable_span(uint8_t*, size_t)

    BlockMended mend_block(writable_span, int, byte_span, int)


cdef extern from "bitstream.hpp" namespace "qrcore" nogil:
    cdef cppclass BitstreamIn:
        pass

    BitstreamIn bitstream_in "qrcore::BitstreamIn"(byte_span, int, const SymbologySpec&)
    Status read_bitstream(const BitstreamIn&, Context&, Content&) except +
