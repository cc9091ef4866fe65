# The C++ core as Cython sees it; declarations only. What they mean stands in the headers.

from libc.stddef cimport ptrdiff_t, size_t
from libc.stdint cimport int32_t, int8_t, int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool
from libcpp.string cimport string
from libcpp.vector cimport vector


cdef extern from "<atomic>" namespace "std" nogil:
    cdef cppclass atomic_bool:
        atomic_bool()
        bool exchange(bool)
        void store(bool)


cdef extern from "<chrono>" namespace "std::chrono" nogil:
    cdef cppclass microseconds:
        microseconds(int64_t)


cdef extern from "<span>" namespace "std" nogil:
    cdef cppclass byte_span "std::span<const std::uint8_t>":
        byte_span()
        byte_span(const uint8_t*, size_t)


cdef extern from "geometry.hpp" namespace "qrcore" nogil:
    cdef struct Point:
        double x, y

    cdef cppclass Quad:
        Point& operator[](size_t)

    double doubled_area(const Quad&)
    bool is_convex(const Quad&)
    bool contains(const Quad&, Point)

    cdef cppclass HomographyNumbers "std::array<double, 9>":
        double& operator[](size_t)

    cdef cppclass Homography:
        HomographyNumbers m
        Point map "operator()"(Point)
        bool inverse(Homography&)
        void jacobian(Point, Point&, Point&)

    bool fit_homography(const vector[Point]&, const vector[Point]&, const vector[double]&, Homography&)  # spans
    bool solve_spd(double*, double*, int)


cdef extern from "image.hpp" namespace "qrcore" nogil:
    cdef struct PixelView:
        const uint8_t* data
        int width, height, channels
        ptrdiff_t row_stride, pixel_stride, channel_stride

    cdef struct ImageView:
        int width, height
        const uint8_t* row(int)

    cdef struct BitmapView:
        const uint64_t* data
        int width, height, stride


cdef extern from "status.hpp" namespace "qrcore" nogil:
    cdef enum class Status(uint8_t):
        finder
        ok

    cdef struct StatusText:
        Status status
        const char* name
        const char* message

    cdef cppclass StatusTexts "decltype(qrcore::status_texts)":
        size_t size()
        const StatusText& operator[](size_t)

    const StatusTexts status_texts


cdef extern from "tables.hpp" namespace "qrcore" nogil:
    cdef enum class SymbologyId(uint8_t):
        qr
        micro_qr
        rmqr

    cdef enum class Level(uint8_t):
        L

    cdef struct Size:
        int width, height

    cdef enum class Role(uint8_t):
        data

    cdef struct ModuleAt:
        uint8_t x, y

    cdef cppclass Layout:
        int version
        Size size
        vector[Role] role
        vector[ModuleAt] alignment

    cdef cppclass SymbologySpec:
        SymbologyId id
        const char* name
        int first_version, last_version
        Size (*size)(int)
        void (*layout)(int, Layout&) except +

    cdef cppclass SymbologySpan "std::span<const qrcore::SymbologySpec>":
        size_t size()
        const SymbologySpec& operator[](size_t)

    SymbologySpan symbologies()
    const SymbologySpec& symbology(SymbologyId)


cdef extern from "types.hpp" namespace "qrcore" nogil:
    cdef cppclass Pyramid:
        ImageView* level
        int levels

    cdef struct DetailRange "qrcore::Detail::Range":
        int begin
        int end
    cdef cppclass Detail:
        vector[DetailRange] rows
    cdef cppclass Binary:
        BitmapView bits
        int level

    cdef struct Seed:
        Point centre, u, v
        bool chord, inverted, implied

    cdef cppclass Finder:
        Point centre, u, v
        float ncc
        bool inverted, round, used, fresh

    cdef cppclass Candidate:
        const SymbologySpec* spec
        Finder* finder
        int* index
        int finders
        double score
        int* version
        int versions
        Quad outline
        Point tilt
        bool inverted
        Status status

    cdef struct Anchor:
        Point module, image
        double ncc

    cdef cppclass Grid:
        const Layout* layout
        Homography to_image
        int nodes_x, nodes_y
        double node_step
        vector[Point] displacement
        double module
        vector[Anchor] anchors
        Point map "operator()"(Point)

    int lattice_margin "qrcore::Lattice::margin"

    cdef cppclass Lattice:
        const Layout* layout
        int width, height
        vector[float] luma, black, white

    cdef cppclass Modules:
        Size size
        vector[float] llr

    cdef cppclass Sighting:
        const SymbologySpec* spec
        const Layout* layout
        Quad corners
        bool inverted
        Modules modules
        double mean, deviation

    cdef cppclass Sum:
        Quad corners
        Modules modules
        Point speed
        uint64_t frame
        int frames

    cdef cppclass Sums:
        vector[Sum] all
        size_t latest

    cdef struct Following:
        uint64_t frame
        Point origin
        int enough
        bool patient

    cdef cppclass Codewords:
        int version, mask, version_read, format_distance
        Level level
        bool mirrored
        vector[uint8_t] bytes

    cdef cppclass Message:
        Level level
        vector[uint8_t] data
        int corrected, erased
        double margin, chance

    cdef enum class Mode(uint8_t):
        numeric

    cdef enum class Fnc1(uint8_t):
        none

    cdef cppclass Segment:
        Mode mode
        int eci
        uint32_t offset, length

    cdef cppclass StructuredAppend:
        int index, total, parity

    cdef cppclass Content:
        vector[uint8_t] data
        vector[Segment] segments
        Fnc1 fnc1
        int aim_indicator
        StructuredAppend append
        bool padding_ok

    cdef cppclass Found:
        SymbologyId symbology
        Status status
        Quad corners
        int version
        Level level
        int mask
        bool mirrored, inverted
        int corrected
        double margin
        const char* step
        Content content


cdef extern from "simd/kernels.hpp" namespace "qrcore" nogil:
    cdef struct RunTest:
        int32_t tolerance, least

    cdef struct Kernels:
        const char* name
        void (*halve)(const uint8_t*, const uint8_t*, uint8_t*, size_t)
        void (*luma_rgb)(const uint8_t*, uint8_t*, size_t)
        void (*luma_rgba)(const uint8_t*, uint8_t*, size_t)
        void (*threshold)(const uint8_t*, const uint8_t*, uint64_t*, size_t)
        void (*between)(const uint8_t*, const uint8_t*, uint8_t*, size_t)
        void (*widen)(const uint8_t*, uint8_t*, size_t)
        size_t (*cores)(const int32_t*, size_t, const RunTest&, int32_t*)

    cdef struct KernelList:
        const Kernels** data
        size_t size

    KernelList available_kernels()


cdef extern from "trace.hpp" namespace "qrcore" nogil:
    cdef cppclass TraceBitmap "qrcore::Trace::Bitmap":
        string name "pass"
        int level, width, height
        vector[uint64_t] words

    cdef cppclass TraceAttempt "qrcore::Trace::Attempt":
        int candidate
        string step
        Status status
        int version
        vector[Point] grid
        vector[float] llr
        Size size
        double microseconds

    cdef cppclass TraceStage "qrcore::Trace::Stage":
        string name
        double microseconds
        uint64_t calls

    cdef cppclass TraceReject "qrcore::Trace::Reject":
        string stage, reason
        uint64_t count

    cdef cppclass Trace:
        vector[TraceBitmap] bitmaps
        vector[Seed] seeds
        vector[Finder] finders
        vector[Candidate] candidates
        vector[TraceAttempt] attempts
        vector[TraceStage] stages
        vector[TraceReject] rejects


cdef extern from "context.hpp" namespace "qrcore" nogil:
    cdef cppclass TimePoint "qrcore::Budget::Clock::time_point":
        TimePoint operator+(microseconds)

    TimePoint now "qrcore::Budget::Clock::now"()

    cdef cppclass Budget:
        Budget()
        void set_deadline(TimePoint)
        void set_work_limit(uint64_t)
        void set_interrupt(bool (*)(void*), void*)
        bool spent()
        bool interrupted()
        uint64_t work()

    cdef cppclass Scratch:
        Scratch()

    cdef cppclass Context:
        Context(const Context&)

    Context make_context "qrcore::Context"(const Kernels&, Budget&, Trace*, Scratch&)


cdef extern from "tunables.hpp" namespace "qrcore" nogil:
    cdef cppclass NormalizeTunables "qrcore::Tunables::Normalize":
        pass

    cdef cppclass FindersTunables "qrcore::Tunables::Finders":
        pass

    cdef cppclass VerifyTunables "qrcore::Tunables::Verify":
        pass

    cdef cppclass PairsTunables "qrcore::Tunables::Pairs":
        pass

    cdef cppclass CandidatesTunables "qrcore::Tunables::Candidates":
        pass

    cdef cppclass LoneTunables "qrcore::Tunables::Lone":
        pass

    cdef cppclass GridTunables "qrcore::Tunables::Grid":
        pass

    cdef cppclass SampleTunables "qrcore::Tunables::Sample":
        pass

    cdef cppclass DecideTunables "qrcore::Tunables::Decide":
        pass

    cdef cppclass EqualizeTunables "qrcore::Tunables::Equalize":
        pass

    cdef cppclass DoubtTunables "qrcore::Tunables::Doubt":
        pass

    cdef cppclass RefineTunables "qrcore::Tunables::Refine":
        pass

    cdef cppclass SightTunables "qrcore::Tunables::Sight":
        pass

    cdef cppclass AccumulateTunables "qrcore::Tunables::Accumulate":
        pass

    cdef cppclass ConfirmTunables "qrcore::Tunables::Confirm":
        pass

    cdef cppclass SymbolTunables "qrcore::Tunables::Symbol":
        pass

    cdef cppclass CorrectTunables "qrcore::Tunables::Correct":
        pass

    cdef cppclass Tunables:
        Tunables()
        NormalizeTunables normalize
        FindersTunables finders
        VerifyTunables verify
        PairsTunables pairs
        CandidatesTunables candidates
        LoneTunables lone
        GridTunables grid
        SampleTunables sample
        DecideTunables decide
        EqualizeTunables equalize
        DoubtTunables doubt
        RefineTunables refine
        SightTunables sight
        AccumulateTunables accumulate
        ConfirmTunables confirm
        SymbolTunables symbol
        CorrectTunables correct


cdef extern from "tunables_names.hpp" namespace "qrcore" nogil:
    cdef struct TunableName:
        const char* name
        double (*get)(const Tunables&)

    cdef cppclass TunableNames "decltype(qrcore::tunable_names)":
        size_t size()
        const TunableName& operator[](size_t)

    const TunableNames tunable_names
    bool set_tunable(Tunables&, const char*, double)


cdef extern from "pipeline.hpp" namespace "qrcore" nogil:
    cdef enum class Effort(uint8_t):
        fast
        balanced
        thorough

    cdef cppclass Options:
        Options()
        bool qr, micro_qr, rmqr
        Effort effort
        int max_symbols
        bool return_failures
        Tunables tunables

    cdef cppclass Workspace:
        Workspace() except +
        const vector[Found]& decode(
            const PixelView&, const Options&, const Kernels&, Budget&, Trace*, const Following*) except +
        const vector[Sum]& sums()
        void forget()
        size_t bytes()
        void trim(size_t)
