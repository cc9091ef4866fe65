# cython: language_level=3, freethreading_compatible=True, binding=False, embedsignature=False
# distutils: language = c++
"""The binding: validate, build a view, one call into the core without the GIL, convert."""

cimport cython
from cpython.buffer cimport (
    Py_buffer, PyBuffer_Release, PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_STRIDES, PyObject_GetBuffer,
)
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stddef cimport ptrdiff_t, size_t
from libc.stdint cimport int8_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool
from libcpp.vector cimport vector

import os
import threading

from .errors import ImageError, OptionError, UsageError

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX
    unsigned long PyThread_get_thread_ident() nogil
    int PyErr_CheckSignals()  # no "except": a raised exception stays pending until raise_pending()

cdef extern from *:
    """
    // Lets the exception that a signal handler left behind leave this module.
    static int qrcore_raise_pending() { return PyErr_Occurred() ? -1 : 0; }
    """
    int raise_pending "qrcore_raise_pending"() except -1


# ------------------------------------------------------------------------------------------------ tables

cdef str _text(const char* characters):
    return (<bytes> characters).decode("ascii")


def _status_messages():
    return {_text(status_texts[i].name): _text(status_texts[i].message) for i in range(status_texts.size())}


status_messages = _status_messages()
_statuses = tuple(status_messages)
_levels = ("L", "M", "Q", "H")
_modes = ("numeric", "alphanumeric", "byte", "kanji", "hanzi")
_fnc1 = (None, "gs1", "aim")
_efforts = {"fast": Effort.fast, "balanced": Effort.balanced, "thorough": Effort.thorough}


def symbology_names():
    return [_text(symbologies()[i].name) for i in range(symbologies().size())]


def kernel_names():
    cdef KernelList kernels = available_kernels()
    return [_text(kernels.data[i].name) for i in range(kernels.size)]


def tunable_defaults():
    cdef Tunables defaults
    return {_text(tunable_names[i].name): tunable_names[i].get(defaults) for i in range(tunable_names.size())}


cdef _override(Tunables* tunables, overrides):
    for name, value in (overrides or {}).items():
        if not set_tunable(tunables[0], name.encode(), value):
            raise OptionError(f"there is no tunable {name!r}; tunable_defaults() has them all")


cdef const Kernels* find_kernels(name) except NULL:
    cdef KernelList kernels = available_kernels()
    for i in range(kernels.size):
        if name is None or _text(kernels.data[i].name) == name:
            return kernels.data[i]
    raise OptionError(
        f"SIMD target {name!r} is unknown or not supported by this build and machine; "
        f"here are: {', '.join(kernel_names())}"
    )


# ------------------------------------------------------------------------------------------------ pixels

cdef bint _extent_fits(Py_ssize_t count, Py_ssize_t stride) noexcept:
    """Whether (count - 1) * stride can be represented, with room for sums of three."""
    if stride < -(PY_SSIZE_T_MAX // 4) or stride > PY_SSIZE_T_MAX // 4:
        return count == 1
    if stride < 0:
        stride = -stride
    return stride == 0 or count - 1 <= (PY_SSIZE_T_MAX // 4) // stride


cdef _describe(image, const Py_buffer* buffer):
    format = "B" if buffer.format == NULL else (<bytes> buffer.format).decode("latin-1")
    shape = tuple([buffer.shape[i] for i in range(buffer.ndim)])
    return f"dtype {getattr(image, 'dtype', format)}, shape {shape}"


cdef _advice(const Py_buffer* buffer):
    cdef const char* format = buffer.format
    if format != NULL and format[0] == b"?":
        return "; turn it into gray with (255 * array).astype(numpy.uint8)"
    if buffer.itemsize > 1:
        return "; scale it to 0 .. 255 and use array.astype(numpy.uint8)"
    return ""


cdef _view(image, const Py_buffer* buffer, uint64_t max_pixels, PixelView* view):
    """Fills `view`; raises ImageError where the buffer is no picture."""
    cdef const char* format = buffer.format
    cdef Py_ssize_t channels = buffer.shape[2] if buffer.ndim == 3 else 1
    if buffer.itemsize != 1 or not (format == NULL or (format[0] == b"B" and format[1] == 0)) \
            or not (buffer.ndim == 2 or buffer.ndim == 3) or channels not in (1, 3, 4):
        raise ImageError(
            f"array has {_describe(image, buffer)}; needed is uint8 of height x width (gray) or "
            f"height x width x 1, 3 (RGB) or 4 (RGBA){_advice(buffer)}"
        )
    cdef Py_ssize_t height = buffer.shape[0], width = buffer.shape[1]
    if height == 0 or width == 0:
        raise ImageError(f"array is empty: {_describe(image, buffer)}")
    if height > 0x3FFFFFFF or width > 0x3FFFFFFF or <uint64_t> height * <uint64_t> width > max_pixels:
        raise ImageError(
            f"picture of {width} x {height} pixels is larger than max_pixels={max_pixels}; "
            f"make it smaller or raise max_pixels"
        )
    if not (_extent_fits(height, buffer.strides[0]) and _extent_fits(width, buffer.strides[1])
            and (buffer.ndim == 2 or _extent_fits(channels, buffer.strides[2]))):
        raise ImageError(f"array strides reach outside the address space: {_describe(image, buffer)}")
    view.data = <const uint8_t*> buffer.buf
    view.width = <int> width
    view.height = <int> height
    view.channels = <int> channels
    view.row_stride = buffer.strides[0]
    view.pixel_stride = buffer.strides[1]
    view.channel_stride = buffer.strides[2] if buffer.ndim == 3 else 1


cdef _crop(PixelView* view, region, int* left, int* top):
    """Narrows `view` to the part of `region` that lies in it and tells its place."""
    x, y, width, height = region
    cdef int x0 = max(0, min(x, view.width)), x1 = max(0, min(x + width, view.width))
    cdef int y0 = max(0, min(y, view.height)), y1 = max(0, min(y + height, view.height))
    if x1 <= x0 or y1 <= y0:
        raise OptionError(
            f"region {region} lies outside the picture of {view.width} x {view.height} pixels"
        )
    view.data += <ptrdiff_t> y0 * view.row_stride + <ptrdiff_t> x0 * view.pixel_stride
    view.width, view.height = x1 - x0, y1 - y0
    left[0], top[0] = x0, y0


# ------------------------------------------------------------------------------------------------ decoding

cdef unsigned long main_thread


def _find_main_thread():
    global main_thread
    main_thread = threading.main_thread().ident


_find_main_thread()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_find_main_thread)


cdef bool pending_signal(void* unused) noexcept with gil:
    """Runs the signal handlers; an exception that one raises stays pending."""
    return PyErr_CheckSignals() != 0


@cython.final
cdef class Settings:
    """What a decode is asked for; checked once, never changed, shared between threads."""

    cdef Options options
    cdef const Kernels* kernels
    cdef uint64_t max_pixels
    cdef object region
    cdef int64_t deadline_us  # from the call; -1 for none
    cdef uint64_t work_limit

    def __cinit__(self, *, symbologies, effort, int max_symbols, bint return_failures, uint64_t max_pixels,
                  region=None, deadline_ms=None, kernels=None, work_units=None, tunables=None):
        self.options.qr = "qr" in symbologies
        self.options.micro_qr = "micro_qr" in symbologies
        self.options.rmqr = "rmqr" in symbologies
        self.options.effort = <Effort> _efforts[effort]
        self.options.max_symbols = max_symbols
        self.options.return_failures = return_failures
        self.kernels = find_kernels(kernels)
        self.max_pixels = max_pixels
        self.region = region
        self.deadline_us = -1 if deadline_ms is None else <int64_t> min(1e3 * deadline_ms, 1e15)
        self.work_limit = work_units if work_units is not None else <uint64_t> -1
        _override(&self.options.tunables, tunables)


@cython.final
cdef class _Frame:
    """One of a sequence of frames: where to look first, and how many places have to show there."""

    cdef Following following
    cdef object region
    cdef int least
    cdef list places

    def __cinit__(self, uint64_t number, region, int least, bint patient):
        self.following.frame, self.following.patient = number, patient
        self.region, self.least, self.places = region, least, []

    cdef const vector[Found]* decode(self, Workspace& workspace, const PixelView& view, Settings settings,
                                     Budget& budget, int* left, int* top) except NULL:
        cdef PixelView part = view
        cdef int x = 0, y = 0
        cdef const vector[Found]* found
        if self.region is not None:
            x, y, width, height = self.region
            try:
                _crop(&part, (x - left[0], y - top[0], width, height), &x, &y)
            except OptionError:  # the place has left the picture
                x, y, self.region = 0, 0, None
        while True:
            self.following.origin.x, self.following.origin.y = left[0] + x, top[0] + y
            self.following.enough = 0x7FFFFFFF if self.region is None else max(1, self.least)
            with nogil:
                found = &workspace.decode(
                    part, settings.options, settings.kernels[0], budget, NULL, &self.following)
            self.places = _places(workspace.sums(), self.following.frame)
            if self.region is None or len(self.places) >= self.least or budget.spent():
                left[0], top[0] = left[0] + x, top[0] + y
                return found
            part, x, y, self.region = view, 0, 0, None


@cython.final
cdef class Engine:
    """A workspace of the core. One decode at a time; a second one meanwhile raises UsageError."""

    cdef Workspace workspace
    cdef atomic_bool busy

    def decode(self, image, Settings settings not None, load=None):
        cdef int left = 0, top = 0
        return self._decode(image, settings, load, NULL, &left, &top)

    def follow(self, image, Settings settings not None, uint64_t frame, region, int least, bint patient, load=None):
        cdef int left = 0, top = 0
        cdef _Frame of = _Frame(frame, region, least, patient)
        return self._decode(image, settings, load, NULL, &left, &top, of), of.places

    def forget(self):
        self._enter()
        self.workspace.forget()
        self.busy.store(False)

    def trace(self, image, Settings settings not None, load=None):
        cdef Trace trace
        cdef _TraceReader reader = _TraceReader()
        found = self._decode(image, settings, load, &trace, &reader.left, &reader.top)
        return found, reader.read(trace)

    def memory(self):
        return self.workspace.bytes()

    def trim(self, size_t keep):
        self._enter()
        self.workspace.trim(keep)
        self.busy.store(False)

    cdef _enter(self):
        if self.busy.exchange(True):
            raise UsageError("this Decoder is busy with another picture; give each thread a Decoder of its own")

    cdef list _decode(self, image, Settings settings, load, Trace* trace, int* left, int* top,
                      _Frame frame=None):
        cdef Py_buffer buffer
        cdef PixelView view
        cdef Budget budget
        cdef const vector[Found]* found
        if settings.deadline_us >= 0:
            budget.set_deadline(now() + microseconds(settings.deadline_us))
        budget.set_work_limit(settings.work_limit)
        if PyThread_get_thread_ident() == main_thread:
            budget.set_interrupt(pending_signal, NULL)

        self._enter()
        try:
            if load is not None:
                image = load(image)
            try:
                PyObject_GetBuffer(image, &buffer, PyBUF_STRIDES | PyBUF_FORMAT)
            except (BufferError, TypeError, ValueError) as error:
                raise ImageError(
                    f"array of dtype {getattr(image, 'dtype', None)} gives no pixels ({error}); needed is uint8"
                ) from error
            try:
                _view(image, &buffer, settings.max_pixels, &view)
                if settings.region is not None:
                    _crop(&view, settings.region, left, top)
                if not (settings.options.qr or settings.options.micro_qr or settings.options.rmqr):
                    return []  # the picture is checked all the same
                if frame is not None:
                    found = frame.decode(self.workspace, view, settings, budget, left, top)
                else:
                    with nogil:
                        found = &self.workspace.decode(view, settings.options, settings.kernels[0], budget, trace, NULL)
                if budget.interrupted():
                    raise_pending()
                return [_found_tuple(found[0][i], left[0], top[0]) for i in range(found.size())] if found.size() else []
            finally:
                PyBuffer_Release(&buffer)
        finally:
            self.busy.store(False)


cdef bytes _bytes(const vector[uint8_t]& data):
    return PyBytes_FromStringAndSize(<const char*> data.data(), <Py_ssize_t> data.size())


cdef tuple _corners(const Quad& quad, int left, int top):
    return tuple([(quad[i].x + left, quad[i].y + top) for i in range(4)])


cdef list _places(const vector[Sum]& sums, uint64_t frame):
    return [(_corners(sums[i].corners, 0, 0), sums[i].frames) for i in range(sums.size()) if sums[i].frame == frame]


cdef list _segments(const Content& content):
    cdef size_t i
    cdef const Segment* segment
    segments = []
    for i in range(content.segments.size()):
        segment = &content.segments[i]
        segments.append((_modes[<int> segment.mode], segment.eci, segment.offset, segment.length))
    return segments


cdef tuple _found_tuple(const Found& found, int left, int top):
    cdef const Content* content = &found.content
    return (
        _text(symbology(found.symbology).name), _statuses[<int> found.status],
        _corners(found.corners, left, top), found.version, _levels[<int> found.level], found.mask,
        found.mirrored, found.inverted, found.corrected, found.margin,
        _bytes(content.data), _segments(content[0]), _fnc1[<int> content.fnc1], content.aim_indicator,
        (content.append.index, content.append.total, content.append.parity),
    )


# ------------------------------------------------------------------------------------------------ trace

@cython.final
cdef class _TraceReader:
    """Turns what the core collected into plain Python values; points move to where the region lay."""

    cdef int left, top

    cdef tuple point(self, Point point):
        return point.x + self.left, point.y + self.top

    cdef dict seed(self, const Seed& seed):
        return {
            "centre": self.point(seed.centre), "u": (seed.u.x, seed.u.y), "v": (seed.v.x, seed.v.y),
            "inverted": seed.inverted, "implied": seed.implied, "chord": seed.chord,
        }

    cdef dict finder(self, const Finder& finder):
        return {
            "centre": self.point(finder.centre), "u": (finder.u.x, finder.u.y), "v": (finder.v.x, finder.v.y),
            "ncc": finder.ncc, "inverted": finder.inverted, "round": finder.round,
        }

    cdef dict candidate(self, const Candidate& candidate):
        return {
            "symbology": _text(candidate.spec.name) if candidate.spec != NULL else "",
            "finders": [self.finder(candidate.finder[i]) for i in range(candidate.finders)],
            "index": [candidate.index[i] for i in range(candidate.finders)],
            "implied": [i for i in range(candidate.finders) if candidate.index[i] < 0], "score": candidate.score,
            "versions": [candidate.version[i] for i in range(candidate.versions)],
            "outline": _corners(candidate.outline, self.left, self.top), "inverted": candidate.inverted,
            "status": _statuses[<int> candidate.status],
        }

    cdef dict attempt(self, TraceAttempt& attempt):
        return {
            "candidate": attempt.candidate, "step": attempt.step.decode(),
            "status": _statuses[<int> attempt.status], "version": attempt.version,
            "width": attempt.size.width, "height": attempt.size.height,
            "grid": [self.point(point) for point in attempt.grid],
            "llr": PyBytes_FromStringAndSize(<const char*> attempt.llr.data(), 4 * attempt.llr.size()),
            "microseconds": attempt.microseconds,
        }

    cdef dict bitmap(self, TraceBitmap& bitmap):
        return {
            "name": bitmap.name.decode(), "level": bitmap.level, "width": bitmap.width, "height": bitmap.height,
            "words": PyBytes_FromStringAndSize(<const char*> bitmap.words.data(), 8 * bitmap.words.size()),
        }

    cdef dict read(self, Trace& trace):
        return {
            "left": self.left, "top": self.top,
            "bitmaps": [self.bitmap(bitmap) for bitmap in trace.bitmaps],
            "seeds": [self.seed(seed) for seed in trace.seeds],
            "finders": [self.finder(finder) for finder in trace.finders],
            "candidates": [self.candidate(candidate) for candidate in trace.candidates],
            "attempts": [self.attempt(attempt) for attempt in trace.attempts],
            "stages": [
                {"name": stage.name.decode(), "microseconds": stage.microseconds, "calls": stage.calls}
                for stage in trace.stages
            ],
            "rejects": [
                {"stage": reject.stage.decode(), "reason": reject.reason.decode(), "count": reject.count}
                for reject in trace.rejects
            ],
        }


# ------------------------------------------------------------------------------------------------ stages

cdef const SymbologySpec* _find_symbology(name) except NULL:
    for i in range(symbologies().size()):
        if _text(symbologies()[i].name) == name:
            return &symbologies()[i]
    raise OptionError(f"symbology {name!r} is not implemented; there are: {', '.join(symbology_names())}")


cdef dict _content_dict(const Content& content):
    return {
        "data": _bytes(content.data), "segments": _segments(content),
        "fnc1": _fnc1[<int> content.fnc1] or "none", "aim_indicator": content.aim_indicator,
        "append": (content.append.index, content.append.total, content.append.parity),
        "padding_ok": content.padding_ok,
    }


@cython.final
cdef class _Stand:
    """What stages are given beside their input: thresholds, memory, a budget; a picture and a layout where asked."""

    cdef Tunables tunables
    cdef Budget budget
    cdef Scratch scratch
    cdef Context* context
    cdef Pyramid pyramid
    cdef Layout layout
    cdef Py_buffer buffer

    def __cinit__(self, picture=None, *, int version=0, channel="luma", kernels=None, work_units=None, tunables=None):
        _override(&self.tunables, tunables)
        self.context = new Context(make_context(find_kernels(kernels)[0], self.budget, NULL, self.scratch))
        if version:
            if not 1 <= version <= 40:
                raise OptionError(f"there is no QR version {version}")
            symbology(SymbologyId.qr).layout(version, self.layout)
        if picture is not None:
            self.show(picture, channel)
        if work_units is not None:
            self.budget.set_work_limit(self.budget.work() + <uint64_t> work_units)

    def __dealloc__(self):
        del self.context
        PyBuffer_Release(&self.buffer)

    cdef Status show(self, picture, channel) except *:
        cdef PixelView view
        PyObject_GetBuffer(picture, &self.buffer, PyBUF_STRIDES | PyBUF_FORMAT)
        _view(picture, &self.buffer, <uint64_t> 1 << 40, &view)
        return luma(luma_in(view, <Channel> ("luma", "red", "blue").index(channel)), self.context[0], self.pyramid)

    cdef int level(self, int level) except -1:
        if not 0 <= level < self.pyramid.levels:
            raise OptionError(f"there is no level {level} of {self.pyramid.levels}")
        return level


cdef Point _point(values) except *:
    cdef Point point
    point.x, point.y = values
    return point


cdef vector[Point] _points(values) except *:
    cdef vector[Point] points
    for each in values:
        points.push_back(_point(each))
    return points


cdef tuple _pair(Point point):
    return point.x, point.y


cdef Quad _quad(values) except *:
    cdef Quad quad
    for i, corner in enumerate(values):
        quad[<size_t> i % 4] = _point(corner)
    return quad


cdef Homography _homography(values) except *:
    cdef Homography h
    for i, value in enumerate(values):
        h.m[<size_t> i % 9] = value
    return h


cdef tuple _numbers(Homography& h):
    return tuple([h.m[i] for i in range(9)])


cdef vector[float] _floats(array, size_t expected) except *:
    """The values of a float32 array of any shape."""
    cdef Py_buffer buffer
    cdef vector[float] out
    PyObject_GetBuffer(array, &buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
    try:
        if buffer.format == NULL or buffer.format[0] != b"f":
            raise ImageError("needed is a float32 array")
        out.assign(<const float*> buffer.buf, <const float*> buffer.buf + buffer.len // 4)
    finally:
        PyBuffer_Release(&buffer)
    if out.size() != expected:
        raise OptionError(f"the array has {out.size()} values, not {expected}")
    return out


cdef bytes _float_bytes(const vector[float]& values):
    return PyBytes_FromStringAndSize(<const char*> values.data(), <Py_ssize_t> (4 * values.size()))


cdef vector[int8_t] _known(values, const Layout& layout) except *:
    cdef vector[int8_t] known = [int(value) for value in values]
    if known.size() != layout.role.size():
        raise OptionError(f"{known.size()} values for {layout.role.size()} modules")
    return known


cdef vector[Seed] _seeds(values) except *:
    cdef vector[Seed] seeds
    cdef Seed seed
    for each in values:
        seed.centre, seed.u, seed.v = _point(each["centre"]), _point(each["u"]), _point(each["v"])
        seed.chord, seed.inverted = each.get("chord", False), each.get("inverted", False)
        seed.implied = each.get("implied", False)
        seeds.push_back(seed)
    return seeds


cdef Finder _finder(values) except *:
    cdef Finder finder
    finder.centre, finder.u, finder.v = _point(values["centre"]), _point(values["u"]), _point(values["v"])
    finder.ncc, finder.inverted = values.get("ncc", 1), values.get("inverted", False)
    finder.round, finder.used = values.get("round", False), values.get("used", False)
    finder.fresh = values.get("fresh", True)
    return finder


cdef vector[Finder] _finders(values) except *:
    cdef vector[Finder] finders
    for each in values:
        finders.push_back(_finder(each))
    return finders


cdef Candidate _candidate(values) except *:
    cdef Candidate candidate
    candidate.spec = &symbology(SymbologyId.qr)
    candidate.finders = 3
    for i in range(3):
        candidate.finder[i] = _finder(values["finders"][i])
        candidate.index[i] = -1 if i in values.get("implied", ()) else i
    candidate.outline = _quad(values["outline"])
    candidate.inverted = values.get("inverted", False)
    return candidate


cdef Grid _grid(values, const Layout& layout) except *:
    """The layout has to outlive the grid."""
    cdef Grid grid
    cdef Anchor anchor
    grid.layout = &layout
    grid.to_image = _homography(values["homography"])
    grid.nodes_x, grid.nodes_y = values.get("nodes", (0, 0))
    grid.node_step, grid.module = values.get("node_step", 0), values["module"]
    grid.displacement = _points(values.get("displacement", ()))
    if min(grid.nodes_x, grid.nodes_y) < 2 and (grid.nodes_x, grid.nodes_y) != (0, 0) \
            or grid.displacement.size() != <size_t> grid.nodes_x * <size_t> grid.nodes_y:
        raise OptionError("a mesh has two nodes or more a side and a displacement for each")
    for module, image, ncc in values.get("anchors", ()):
        anchor.module, anchor.image, anchor.ncc = _point(module), _point(image), ncc
        grid.anchors.push_back(anchor)
    return grid


cdef dict _grid_dict(Grid& grid):
    return {
        "version": grid.layout.version, "homography": _numbers(grid.to_image), "nodes": (grid.nodes_x, grid.nodes_y),
        "node_step": grid.node_step, "displacement": [_pair(point) for point in grid.displacement],
        "module": grid.module,
        "anchors": [(_pair(anchor.module), _pair(anchor.image), anchor.ncc) for anchor in grid.anchors],
    }


cdef Lattice _lattice(luma, const Layout& layout) except *:
    """The layout has to outlive the lattice."""
    cdef Lattice lattice
    lattice.layout = &layout
    lattice.width = 2 * (layout.size.width + 2 * lattice_margin) + 1
    lattice.height = 2 * (layout.size.height + 2 * lattice_margin) + 1
    lattice.luma = _floats(luma, <size_t> lattice.width * <size_t> lattice.height)
    return lattice


class stages:
    """The stages of the core one by one, for tests; see _core.pyi."""

    @staticmethod
    def layout(int version):
        cdef _Stand stand = _Stand(version=version)
        return {
            "width": stand.layout.size.width, "height": stand.layout.size.height,
            "roles": bytes([<int> role for role in stand.layout.role]),
            "alignment": [(at.x, at.y) for at in stand.layout.alignment],
        }

    @staticmethod
    def fit_homography(start, to, weight):
        cdef Homography h
        cdef vector[double] weights = weight
        return _numbers(h) if fit_homography(_points(start), _points(to), weights, h) else None

    @staticmethod
    def inverse_homography(numbers):
        cdef Homography h = _homography(numbers), inverse
        return _numbers(inverse) if h.inverse(inverse) else None

    @staticmethod
    def map_homography(numbers, point):
        cdef Homography h = _homography(numbers)
        cdef Point du, dv
        h.jacobian(_point(point), du, dv)
        return _pair(h.map(_point(point))), _pair(du), _pair(dv)

    @staticmethod
    def solve_spd(matrix, right):
        cdef vector[double] a = matrix, b = right
        if a.size() != b.size() * b.size():
            raise OptionError("the matrix is not square, or not of the size of the right-hand side")
        return list(b) if solve_spd(a.data(), b.data(), <int> b.size()) else None

    @staticmethod
    def quad(corners, point):
        cdef Quad quad = _quad(corners)
        return doubled_area(quad), is_convex(quad), contains(quad, _point(point))

    @staticmethod
    def luma(picture, channel="luma", *, kernels=None, work_units=None):
        cdef _Stand stand = _Stand(kernels=kernels, work_units=work_units)
        cdef Status status = stand.show(picture, channel)
        cdef ImageView view
        planes = []
        if status == Status.ok:
            for k in range(stand.pyramid.levels):
                view = stand.pyramid.level[k]
                rows = [PyBytes_FromStringAndSize(<const char*> view.row(y), view.width) for y in range(view.height)]
                planes.append((view.width, view.height, b"".join(rows)))
        return {"status": _statuses[<int> status], "planes": planes}

    @staticmethod
    def find_detail(picture, int least_change, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef Detail out
        status = find_detail(detail_in(stand.pyramid, least_change), stand.context[0], out)
        return {"status": _statuses[<int> status], "rows": [(row.begin, row.end) for row in out.rows]}

    @staticmethod
    def binarize(picture, int level, int window, *, int bias=0, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef Detail everywhere
        cdef Binary out
        if stand.pyramid.levels < stand.level(level) + 3 or window < 1:
            raise OptionError(f"{stand.pyramid.levels} levels are too few for level {level}")
        status = binarize(binarize_in(stand.pyramid, everywhere, level, window, bias), stand.context[0], out)
        return {
            "status": _statuses[<int> status], "width": out.bits.width, "height": out.bits.height,
            "words": PyBytes_FromStringAndSize(
                <const char*> out.bits.data, <Py_ssize_t> (8 * out.bits.stride * out.bits.height)),
        }

    @staticmethod
    def find_finders(bytes words not None, int width, int height, *, bint rings=False, double scan=0,
                     int scan_every=1, bint inverted=False, double least_module=0, double least_in_noise=0,
                     int level=0, **options):
        cdef _Stand stand = _Stand(**options)
        cdef vector[uint64_t] bits
        cdef Binary binary
        cdef Detail everywhere
        cdef vector[Seed] seeds
        binary.bits.width, binary.bits.height, binary.bits.stride = width, height, (width + 63) // 64
        binary.level = level
        if min(width, height, scan_every) < 1 or not 0 <= level < 12 \
                or len(words) != 8 * binary.bits.stride * height:
            raise OptionError("a bitmap has whole words of 64 pixels to a row, and its level is one of a pyramid")
        bits.assign(<const uint64_t*> <const char*> words, <const uint64_t*> <const char*> words + len(words) // 8)
        binary.bits.data = bits.data()
        status = find_finders(
            finders_in(binary, everywhere, rings, scan, scan_every, inverted, least_module, least_in_noise),
            stand.tunables.finders,
            stand.context[0], seeds)
        return {"status": _statuses[<int> status], "seeds": [_TraceReader().seed(seed) for seed in seeds]}

    @staticmethod
    def verify_finders(picture, seeds, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef vector[Seed] given = _seeds(seeds)
        cdef vector[Finder] finders
        cdef int fits = 0
        status = verify_finders(
            verify_in(stand.pyramid, given, 0, fits), stand.tunables.verify, stand.context[0], finders)
        return {"status": _statuses[<int> status], "finders": [_TraceReader().finder(finder) for finder in finders]}

    @staticmethod
    def imply_finders(finders, **options):
        cdef _Stand stand = _Stand(**options)
        cdef vector[Finder] given = _finders(finders)
        cdef vector[Seed] seeds
        status = imply_finders(pairs_in(given), stand.tunables.pairs, stand.context[0], seeds)
        return {"status": _statuses[<int> status], "seeds": [_TraceReader().seed(seed) for seed in seeds]}

    @staticmethod
    def find_candidates(picture, finders, *, double least_score=0, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef vector[Finder] given = _finders(finders)
        cdef vector[Candidate] candidates
        status = find_candidates(
            candidates_in(stand.pyramid, given, least_score), stand.tunables.candidates, stand.context[0], candidates)
        return {
            "status": _statuses[<int> status],
            "candidates": [_TraceReader().candidate(candidate) for candidate in candidates],
        }

    @staticmethod
    def find_lone(picture, finders, symbology, *, double patience=0, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef const SymbologySpec* spec = _find_symbology(symbology)
        cdef vector[Finder] given = _finders(finders)
        cdef vector[LoneKind] kinds
        cdef vector[Candidate] candidates
        spec.layout(spec.first_version, stand.layout)
        kinds.push_back(lone_kind(spec, &stand.layout))
        status = find_lone(
            lone_in(stand.pyramid, given, kinds, patience), stand.tunables.lone, stand.context[0], candidates)
        return {
            "status": _statuses[<int> status],
            "candidates": [
                {**_TraceReader().candidate(candidate), "tilt": _pair(candidate.tilt)} for candidate in candidates],
        }

    @staticmethod
    def plane_of(finder, tilt):
        cdef Candidate candidate
        cdef Homography plane
        candidate.finder[0], candidate.tilt = _finder(finder), _point(tilt)
        plane = plane_of(candidate)
        return _numbers(plane)

    @staticmethod
    def hold(picture, symbology, int version, numbers, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef const SymbologySpec* spec = _find_symbology(symbology)
        cdef Homography plane = _homography(numbers)
        if not spec.first_version <= version <= spec.last_version:
            raise OptionError(f"there is no version {version} of {symbology}")
        spec.layout(version, stand.layout)
        status = hold(stand.pyramid, stand.layout, stand.tunables.grid, stand.context[0], plane)
        return {"status": _statuses[<int> status], "homography": _numbers(plane)}

    @staticmethod
    def make_grid(picture, candidate, int version, *, bint alignment=True, **options):
        cdef _Stand stand = _Stand(picture, version=version, **options)
        cdef Candidate given = _candidate(candidate)
        cdef Grid grid
        status = make_grid(
            grid_in(stand.pyramid, given, stand.layout, alignment), stand.tunables.grid, stand.context[0], grid)
        return {"status": _statuses[<int> status], "grid": _grid_dict(grid)}

    @staticmethod
    def map_grid(grid, points):
        cdef _Stand stand = _Stand(version=grid["version"])
        cdef Grid given = _grid(grid, stand.layout)
        return [_pair(given.map(point)) for point in _points(points)]

    @staticmethod
    def fit_mesh(int version, observed, *, double stiffness, double spacing, int most_nodes):
        cdef _Stand stand = _Stand(version=version)
        cdef vector[Displacement] given
        cdef Displacement displacement
        cdef Grid grid
        grid.layout = &stand.layout
        make_mesh(spacing, most_nodes, grid)
        for at, value, weight_u, weight_v in observed:
            displacement.at, displacement.value = _point(at), _point(value)
            displacement.weight_u, displacement.weight_v = weight_u, weight_v
            given.push_back(displacement)
        return _grid_dict(grid) if fit_mesh(given, stiffness, stand.scratch, grid) else None

    @staticmethod
    def refine(picture, candidate, grid, *, clue="edges", bint soft=False, **options):
        cdef _Stand stand = _Stand(picture, version=grid["version"], **options)
        cdef Candidate given = _candidate(candidate)
        cdef Grid bent = _grid(grid, stand.layout)
        status = refine(
            refine_in(stand.pyramid, given, <Clue> ("edges", "eyes").index(clue), soft), stand.tunables.refine,
            stand.context[0], bent)
        return {"status": _statuses[<int> status], "grid": _grid_dict(bent)}

    @staticmethod
    def resample(picture, grid, *, int level, int per_module, int margin):
        cdef _Stand stand = _Stand(picture, version=grid["version"])
        cdef Grid given = _grid(grid, stand.layout)
        cdef Resampled out = resample(
            stand.pyramid, stand.level(level), given, per_module, margin, stand.scratch)
        return {
            "width": out.width, "height": out.height, "outside": out.outside,
            "luma": PyBytes_FromStringAndSize(<const char*> out.row(0), <Py_ssize_t> (4 * out.width * out.height)),
        }

    @staticmethod
    def sample(picture, grid, **options):
        cdef _Stand stand = _Stand(picture, version=grid["version"], **options)
        cdef Grid given = _grid(grid, stand.layout)
        cdef Lattice lattice
        status = sample(sample_in(stand.pyramid, given, True), stand.tunables.sample, stand.context[0], lattice)
        return {
            "status": _statuses[<int> status], "width": lattice.width, "height": lattice.height,
            "luma": _float_bytes(lattice.luma),
        }

    @staticmethod
    def decide(luma, int version, known, *, bint inverted=False, **options):
        cdef _Stand stand = _Stand(version=version, **options)
        cdef Lattice lattice = _lattice(luma, stand.layout)
        cdef vector[int8_t] fixed = _known(known, stand.layout)
        cdef Modules modules
        status = decide(
            decide_in(inverted, fixed), stand.tunables.decide, stand.context[0], lattice, modules)
        return {
            "status": _statuses[<int> status], "llr": _float_bytes(modules.llr), "black": _float_bytes(lattice.black),
            "white": _float_bytes(lattice.white),
        }

    @staticmethod
    def equalize(luma, black, white, int version, known, *, bint inverted=False, **options):
        cdef _Stand stand = _Stand(version=version, **options)
        cdef Lattice lattice = _lattice(luma, stand.layout)
        cdef vector[int8_t] fixed = _known(known, stand.layout)
        cdef Modules modules
        modules.size = stand.layout.size
        modules.llr.resize(fixed.size())
        lattice.black, lattice.white = _floats(black, fixed.size()), _floats(white, fixed.size())
        status = equalize(
            equalize_in(lattice, inverted, fixed), stand.tunables.equalize, stand.context[0], modules)
        return {"status": _statuses[<int> status], "llr": _float_bytes(modules.llr)}

    @staticmethod
    def doubt(llr, int version, **options):
        cdef _Stand stand = _Stand(version=version, **options)
        cdef Modules modules
        modules.size = stand.layout.size
        modules.llr = _floats(llr, stand.layout.role.size())
        status = doubt(doubt_in(stand.layout), stand.tunables.doubt, stand.context[0], modules)
        return {"status": _statuses[<int> status], "llr": _float_bytes(modules.llr)}

    @staticmethod
    def sight(frames, int version, **options):
        cdef _Stand stand = _Stand(version=version, **options)
        cdef Candidate candidate
        cdef Grid grid
        cdef Modules modules
        cdef Sighting seen
        candidate.spec, grid.layout, modules.size = &symbology(SymbologyId.qr), &stand.layout, stand.layout.size
        statuses = []
        for llr in frames:
            modules.llr = _floats(llr, stand.layout.role.size())
            status = sight(
                sight_in(candidate, stand.layout, grid, modules), stand.tunables.sight, stand.context[0], seen)
            statuses.append(_statuses[<int> status])
        return {
            "statuses": statuses, "mean": seen.mean, "deviation": seen.deviation,
            "llr": _float_bytes(seen.modules.llr),
        }

    @staticmethod
    def accumulate(frames, int version, **options):
        cdef _Stand stand = _Stand(version=version, **options)
        cdef Sighting seen
        cdef Sums sums
        seen.spec, seen.layout, seen.modules.size = &symbology(SymbologyId.qr), &stand.layout, stand.layout.size
        statuses = []
        for frame in frames:
            seen.modules.llr = _floats(frame["llr"], stand.layout.role.size())
            seen.corners, seen.inverted = _quad(frame["corners"]), frame.get("inverted", False)
            seen.mean, seen.deviation = frame["mean"], frame["deviation"]
            status = accumulate(
                accumulate_in(seen, frame["frame"]), stand.tunables.accumulate, stand.context[0], sums)
            statuses.append((_statuses[<int> status], sums.latest))
        return {
            "statuses": statuses,
            "sums": [
                {"llr": _float_bytes(sum.modules.llr), "corners": _corners(sum.corners, 0, 0), "speed": _pair(sum.speed),
                 "frame": sum.frame, "frames": sum.frames}
                for sum in sums.all
            ],
        }

    @staticmethod
    def confirm(read, llr, int version, **options):
        cdef _Stand stand = _Stand(version=version, **options)
        cdef const SymbologySpec* spec = &symbology(SymbologyId.qr)
        cdef Modules modules
        cdef Codewords codewords
        cdef Message message
        modules.size, modules.llr = stand.layout.size, _floats(read, stand.layout.role.size())
        status = read_symbol(
            symbol_in(modules, stand.layout, spec[0], 0), stand.tunables.symbol, stand.context[0], codewords)
        if status == Status.ok:
            status = correct(
                correct_in(codewords, spec[0], False, 1), stand.tunables.correct, stand.context[0], message)
        if status != Status.ok:
            raise OptionError("these modules cannot be read")
        modules.llr = _floats(llr, stand.layout.role.size())
        status = confirm(
            confirm_in(modules, stand.layout, spec[0], codewords, message), stand.tunables.confirm, stand.context[0])
        return {"status": _statuses[<int> status]}

    @staticmethod
    def decode_modules(llr, symbology="qr", bint erasures=False, int guess=0, int attempts=1, bint always_doubt=False):
        cdef Py_buffer buffer
        cdef const SymbologySpec* spec = _find_symbology(symbology)
        cdef Layout layout
        cdef Modules modules
        cdef Codewords codewords
        cdef Message message
        cdef Content content
        cdef Tunables tunables
        cdef Budget budget
        cdef Scratch scratch
        cdef Context* context
        cdef Status status
        cdef int version
        PyObject_GetBuffer(llr, &buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        try:
            if buffer.ndim != 2 or buffer.format == NULL or buffer.format[0] != b"f":
                raise ImageError("module confidences are a float32 array of height x width")
            modules.size.height, modules.size.width = buffer.shape[0], buffer.shape[1]
            modules.llr.assign(<const float*> buffer.buf, <const float*> buffer.buf + buffer.shape[0] * buffer.shape[1])
        finally:
            PyBuffer_Release(&buffer)
        for version in range(spec.first_version, spec.last_version + 1):
            if spec.size(version).width == modules.size.width and spec.size(version).height == modules.size.height:
                break
        else:
            raise OptionError(f"no {symbology} symbol has {modules.size.width} x {modules.size.height} modules")
        context = new Context(make_context(find_kernels(None)[0], budget, NULL, scratch))
        try:
            spec.layout(version, layout)
            status = read_symbol(symbol_in(modules, layout, spec[0], guess), tunables.symbol, context[0], codewords)
            if status == Status.ok:
                status = correct(
                    correct_in(codewords, spec[0], erasures, attempts, always_doubt), tunables.correct, context[0], message)
            if status == Status.ok:
                codewords.level = message.level
                status = read_bitstream(
                    bitstream_in(byte_span(message.data.data(), message.data.size()), version, spec[0]),
                    context[0], content)
        finally:
            del context
        return {
            "status": _statuses[<int> status], "version": version, "version_read": codewords.version_read,
            "level": _levels[<int> codewords.level],
            "mask": codewords.mask, "mirrored": codewords.mirrored, "format_distance": codewords.format_distance,
            "corrected": message.corrected, "erased": message.erased, "margin": message.margin,
            "chance": message.chance, **_content_dict(content),
        }

    @staticmethod
    def correct_block(bytes codewords not None, int check, erasures):
        cdef vector[uint8_t] word = codewords, places
        if not 0 < check <= len(codewords) <= 255 or len(set(erasures)) != len(erasures) or len(erasures) > check \
                or any(not 0 <= place < len(codewords) for place in erasures):
            raise OptionError("a block has up to 255 codewords, with check words and erasures among them")
        places = erasures
        cdef BlockMended mended = mend_block(
            writable_span(word.data(), word.size()), check, byte_span(places.data(), places.size()), check // 2)
        return "ok" if mended.ok else "correction", _bytes(word), mended.changed

    @staticmethod
    def read_bitstream(bytes data not None, int version, symbology="qr"):
        cdef const SymbologySpec* spec = _find_symbology(symbology)
        cdef Content content
        cdef Budget budget
        cdef Scratch scratch
        cdef Context* context = new Context(make_context(find_kernels(None)[0], budget, NULL, scratch))
        cdef Status status
        try:
            status = read_bitstream(
                bitstream_in(byte_span(<const uint8_t*> <const char*> data, <size_t> len(data)), version, spec[0]),
                context[0], content)
        finally:
            del context
        return {"status": _statuses[<int> status], **_content_dict(content)}

    @staticmethod
    def kernel_names():
        return kernel_names()

    @staticmethod
    def kernel(target, name, *arguments):
        return _kernel(find_kernels(target), name, arguments)


cdef bytes _kernel(const Kernels* kernels, name, arguments):
    """Calls one kernel on rows of bytes: the row lengths say how many pixels there are."""
    cdef list rows = [bytes(row) for row in arguments if not isinstance(row, int)]
    cdef bytes first = rows[0], second = rows[1] if len(rows) > 1 else b"", out
    cdef const uint8_t* a = <const uint8_t*> <const char*> first
    cdef const uint8_t* b = <const uint8_t*> <const char*> second
    cdef size_t m = len(first), n = m
    cdef vector[uint64_t] words
    if name == "threshold":
        _same_length(len(second), (n + 1) // 2)
        words.resize((n + 63) // 64)
        kernels.threshold(a, b, words.data(), n)
        return PyBytes_FromStringAndSize(<const char*> words.data(), 8 * words.size())
    if name == "luma_rgb":
        n = m // 3
    elif name == "luma_rgba":
        n = m // 4
    elif name == "halve":
        _same_length(len(second), m)
        n = m // 2
    elif name == "enlarge":
        _same_length(len(second), m)
        n = arguments[2]
        if n > 2 * m:
            raise OptionError(f"{m} values give at most {2 * m} pixels, not {n}")
    else:
        raise OptionError(f"there is no kernel {name!r}")
    out = PyBytes_FromStringAndSize(NULL, <Py_ssize_t> n)
    cdef uint8_t* to = <uint8_t*> <char*> out
    if name == "luma_rgb":
        kernels.luma_rgb(a, to, n)
    elif name == "luma_rgba":
        kernels.luma_rgba(a, to, n)
    elif name == "halve":
        kernels.halve(a, b, to, n)
    else:
        kernels.enlarge(a, b, to, m, n)
    return out


cdef _same_length(size_t length, size_t expected):
    if length != expected:
        raise OptionError(f"the second row has {length} bytes, not {expected}")
