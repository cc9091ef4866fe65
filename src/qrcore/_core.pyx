# cython: language_level=3, freethreading_compatible=True, binding=False, embedsignature=False
# distutils: language = c++
"""The binding: validate, build a view, one call into the core without the GIL, convert."""

cimport cython
from cpython.buffer cimport Py_buffer, PyBuffer_Release, PyBUF_FORMAT, PyBUF_STRIDES, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stddef cimport ptrdiff_t, size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp cimport bool
from libcpp.vector cimport vector

import os
import threading

from .errors import ImageError, OptionError, UsageError

cdef extern from "Python.h":
    const Py_ssize_t PY_SSIZE_T_MAX
    unsigned long PyThread_get_thread_ident() nogil
    int PyErr_CheckSignals()  # no "except": a raised exception stays pending until raise_pending()
    int PyObject_GenericSetAttr(object, object, object) except -1

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


def filled(cls, tuple values not None):
    cdef tuple names = cls.__slots__
    cdef Py_ssize_t i
    if len(values) != len(names):
        raise TypeError(f"{cls.__name__} has {len(names)} fields, not {len(values)}")
    made = cls.__new__(cls)
    for i in range(len(names)):
        PyObject_GenericSetAttr(made, names[i], values[i])  # object.__setattr__ without its five times dearer call
    return made


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

include "_stages.pxi"
