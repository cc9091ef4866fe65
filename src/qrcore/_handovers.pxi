# What stages hand on, from Python values and back; the names of the values stand in _core.pyi.

from cpython.buffer cimport PyBUF_C_CONTIGUOUS
from libc.stdint cimport int8_t

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

    cdef Status show(self, picture, channel, bint copy=False) except *:
        cdef PixelView view
        PyObject_GetBuffer(picture, &self.buffer, PyBUF_STRIDES | PyBUF_FORMAT)
        _view(picture, &self.buffer, <uint64_t> 1 << 40, &view)
        plane = ("luma", "red", "blue").index(channel)
        return luma(luma_in(view, <Channel> <int> plane, copy), self.context[0], self.pyramid)

    cdef list planes(self):
        planes = []
        cdef ImageView view
        for k in range(self.pyramid.levels):
            view = self.pyramid.level[k]
            rows = [PyBytes_FromStringAndSize(<const char*> view.row(y), view.width) for y in range(view.height)]
            planes.append((view.width, view.height, b"".join(rows)))
        return planes

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
