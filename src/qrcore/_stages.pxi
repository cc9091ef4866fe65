# The stages one by one, the seam for tests: part of the module _core.

from qrcore._stages cimport *

include "_handovers.pxi"


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
        return {"status": _statuses[<int> status], "planes": stand.planes() if status == Status.ok else []}

    @staticmethod
    def normalize(picture, int radius, *, int finest=0, work_units=None, tunables=None):
        cdef _Stand stand = _Stand(tunables=tunables)
        if not 1 <= radius <= 90:
            raise OptionError(f"{radius} is no radius from 1 to 90")
        if finest < 0:
            raise OptionError(f"{finest} is no level")
        stand.show(picture, "luma", True)
        if work_units is not None:
            stand.budget.set_work_limit(stand.budget.work() + <uint64_t> work_units)
        status = normalize(normalize_in(radius, finest), stand.tunables.normalize, stand.context[0], stand.pyramid)
        return {"status": _statuses[<int> status], "planes": stand.planes() if status == Status.ok else []}

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
                     int level=0, detail=(), **options):
        cdef _Stand stand = _Stand(**options)
        cdef vector[uint64_t] bits
        cdef Binary binary
        cdef Detail wanted
        cdef vector[Seed] seeds
        binary.bits.width, binary.bits.height, binary.bits.stride = width, height, (width + 63) // 64
        binary.level = level
        if min(width, height, scan_every) < 1 or not 0 <= level < 12 \
                or len(words) != 8 * binary.bits.stride * height:
            raise OptionError("a bitmap has whole words of 64 pixels to a row, and its level is one of a pyramid")
        bits.assign(<const uint64_t*> <const char*> words, <const uint64_t*> <const char*> words + len(words) // 8)
        binary.bits.data = bits.data()
        for begin, end in detail:
            wanted.rows.push_back(DetailRange(max(begin, 0), end))
        status = find_finders(
            finders_in(binary, wanted, rings, scan, scan_every, inverted, least_module, least_in_noise),
            stand.tunables.finders, stand.context[0], seeds)
        return {
            "status": _statuses[<int> status], "seeds": [_TraceReader().seed(seed) for seed in seeds],
            "runs": runs_a_pixel(binary.bits),
        }

    @staticmethod
    def verify_finders(picture, seeds, **options):
        cdef _Stand stand = _Stand(picture, **options)
        cdef vector[Seed] given = _seeds(seeds)
        cdef vector[Finder] finders
        cdef int fits = 0
        status = verify_finders(
            verify_in(stand.pyramid, given, 0, fits, False), stand.tunables.verify, stand.context[0], finders)
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
        return _grid_dict(grid) if fit_mesh(given, stiffness, stand.context[0], grid) else None

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
            stand.pyramid, stand.level(level), given, per_module, margin, stand.context[0])
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

    @staticmethod
    def cores(target, edges, int tolerance, int least):
        cdef vector[int32_t] row = edges, hits
        cdef RunTest test
        if row.size() < 6:
            raise OptionError("five runs have six edges")
        test.tolerance = tolerance
        test.least = least
        hits.resize((row.size() - 4) // 2)
        row.resize(row.size() + 16)
        hits.resize(find_kernels(target)[0].cores(row.data() + 2, hits.size(), test, hits.data()))
        return list(hits)


cdef bytes _kernel(const Kernels* kernels, name, arguments):
    """Calls one kernel on rows of bytes: the row lengths say how many pixels there are."""
    cdef list rows = [bytes(row) for row in arguments]
    cdef bytes first = rows[0], second = rows[1] if len(rows) > 1 else b""
    cdef bytes out
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
    elif name == "between":
        _same_length(len(second), m)
    elif name == "widen":
        if m < 3:
            raise OptionError(f"{m} values have none with one on both sides")
        n = 2 * (m - 2)
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
    elif name == "between":
        kernels.between(a, b, to, n)
    else:
        kernels.widen(a + 1, to, m - 2)
    return out


cdef _same_length(size_t length, size_t expected):
    if length != expected:
        raise OptionError(f"a row has {length} bytes, not {expected}")
