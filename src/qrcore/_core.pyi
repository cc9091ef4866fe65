"""The C++ core. Arguments are checked by `qrcore.request`; this module is no public interface."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from typing_extensions import Buffer

_Point: TypeAlias = tuple[float, float]
Corners: TypeAlias = tuple[_Point, _Point, _Point, _Point]
_Points: TypeAlias = Iterable[Iterable[float]]
_Numbers: TypeAlias = tuple[float, ...]
_Made = TypeVar("_Made")
_Dicts: TypeAlias = Iterable[dict[str, Any]]
_Segment: TypeAlias = tuple[str, int, int, int]  # mode, ECI assignment number or -1, offset, length in bytes

# symbology, status, corners, version (0: unknown), level, mask, mirrored, inverted, corrected, margin,
# data, segments, fnc1, application indicator or -1, structured append (index, total, parity; total 0: none)
Found: TypeAlias = tuple[
    str, str, Corners, int, str, int, bool, bool, int, float,
    bytes, list[_Segment], str | None, int, tuple[int, int, int],
]  # fmt: skip

status_messages: dict[str, str]
"""What each status means, in pipeline order; "ok" is the last."""

def symbology_names() -> list[str]:
    """The symbologies that this build reads."""

def kernel_names() -> list[str]:
    """The SIMD targets that this build has and this machine can run, best first; the last is "scalar"."""

def tunable_defaults() -> dict[str, float]:
    """Every threshold by its name, "stage.field"."""

class Settings:
    """What a decode is asked for; checked once, never changed, may be shared between threads."""

    def __init__(
        self,
        *,
        symbologies: frozenset[str],
        effort: str,
        max_symbols: int,
        return_failures: bool,
        max_pixels: int,
        region: tuple[int, int, int, int] | None = None,
        deadline_ms: float | None = None,
        kernels: str | None = None,
        work_units: int | None = None,
        tunables: dict[str, float] | None = None,
    ) -> None:
        """`max_symbols` 0 is no limit; `kernels` None is the best target; `work_units` stops at a repeatable place.

        Raises OptionError for a target or a tunable that does not exist.
        """

class Engine:
    """The memory that is kept between decodes. One decode at a time; a second one meanwhile raises UsageError."""

    def decode(self, image: Any, settings: Settings, load: Callable[[Any], Any] | None = None) -> list[Found]:
        """Decodes a picture: uint8, height x width or height x width x {1, 3, 4}, any strides, read-only or not.

        `load`, where given, is called with `image` first and returns the picture; the deadline counts from before.
        The GIL is released for the whole decode. Raises ImageError where the buffer is no such picture, and what a
        signal handler raises meanwhile (main thread only).
        """

    def follow(
        self,
        image: Any,
        settings: Settings,
        frame: int,
        region: tuple[int, int, int, int] | None,
        least: int,
        patient: bool,
        load: Callable[[Any], Any] | None = None,
    ) -> tuple[list[Found], list[tuple[Corners, int]]]:
        """Decodes one of a sequence of frames, with what earlier ones left.

        `frame` is its number; they ascend. `region`, a part of that of the settings, is searched first, and where
        fewer than `least` symbols are seen there, all of it. Also returns where symbols were seen, read or not, and
        in how many frames so far. `patient` searches noise too.
        """

    def forget(self) -> None:
        """Drops what earlier frames left."""

    def trace(
        self, image: Any, settings: Settings, load: Callable[[Any], Any] | None = None
    ) -> tuple[list[Found], dict[str, Any]]:
        """The same, with all that the stages saw; see `qrcore.tracing` for the fields."""

    def memory(self) -> int:
        """Bytes that are kept for the next decode."""

    def trim(self, keep: int) -> None:
        """Gives memory back until about `keep` bytes are held."""

def filled(cls: type[_Made], values: tuple[Any, ...]) -> _Made:
    """An instance of a frozen dataclass with slots, by the values of all its fields, else TypeError."""

class stages:
    """The stages of the core one by one, the seam for tests.

    Points are (x, y). What a stage hands on goes in and out as dicts with the names of `ext/types.hpp`:
    a frame is {centre, u, v}, in pixels; seeds add {chord, inverted, implied}, finders {ncc, inverted, round, used,
    fresh}; candidates are those of a trace, with `index`; a grid is {version, homography (9 numbers), module, nodes
    (columns, rows), node_step, displacement (of each node), anchors (module, image, ncc)}. What has a default may be
    left out. Arrays of floats go in as float32, C-contiguous, and come out as their bytes. Where a stage has a
    status, it is the key "status".

    options: kernels (name of a target), work_units (of the stage alone), tunables (by name); where there is a picture
    also channel ("luma", "red", "blue").
    """

    @staticmethod
    def layout(version: int) -> dict[str, Any]:
        """Of a QR version: width, height, roles (a byte a module: data, light, dark, format, version), alignment."""

    @staticmethod
    def fit_homography(start: _Points, to: _Points, weight: Iterable[float]) -> _Numbers | None:
        """The nine numbers, row by row; None where the points are degenerate."""

    @staticmethod
    def inverse_homography(numbers: Iterable[float]) -> _Numbers | None:
        """None where there is none."""

    @staticmethod
    def map_homography(numbers: Iterable[float], point: Iterable[float]) -> tuple[_Point, _Point, _Point]:
        """Where the point goes, and the derivatives there by u and by v."""

    @staticmethod
    def solve_spd(matrix: Iterable[float], right: Iterable[float]) -> list[float] | None:
        """The solution; None where the matrix (row by row) is not positive definite."""

    @staticmethod
    def quad(corners: _Points, point: Iterable[float]) -> tuple[float, bool, bool]:
        """Twice the signed area, whether the quadrilateral is convex, whether the point lies inside."""

    @staticmethod
    def luma(
        picture: Buffer, channel: str = "luma", *, kernels: str | None = None, work_units: int | None = None
    ) -> dict[str, Any]:
        """planes: width, height and bytes of each level of the pyramid."""

    @staticmethod
    def normalize(
        picture: Buffer,
        radius: int,
        *,
        finest: int = 0,
        work_units: int | None = None,
        tunables: dict[str, float] | None = None,
    ) -> dict[str, Any]:
        """planes, as of luma; those finer than level `finest` stay as they are."""

    @staticmethod
    def find_detail(picture: Buffer, least_change: int, **options: Any) -> dict[str, Any]: ...
    @staticmethod
    def binarize(picture: Buffer, level: int, window: int, *, bias: int = 0, **options: Any) -> dict[str, Any]:
        """width, height and words: 64 pixels each, the leftmost in bit 0, dark is 1, whole words to a row."""

    @staticmethod
    def find_finders(
        words: bytes,
        width: int,
        height: int,
        *,
        rings: bool = False,
        scan: float = 0,
        scan_every: int = 1,
        inverted: bool = False,
        least_module: float = 0,
        least_in_noise: float = 0,
        level: int = 0,
        detail: Iterable[tuple[int, int]] = (),
        **options: Any,
    ) -> dict[str, Any]:
        """seeds, and runs a pixel of the bitmap; it is one of `binarize`, `detail` the rows of `find_detail`."""

    @staticmethod
    def verify_finders(picture: Buffer, seeds: _Dicts, **options: Any) -> dict[str, Any]:
        """finders"""

    @staticmethod
    def imply_finders(finders: _Dicts, **options: Any) -> dict[str, Any]:
        """seeds"""

    @staticmethod
    def find_candidates(picture: Buffer, finders: _Dicts, *, least_score: float = 0, **options: Any) -> dict[str, Any]:
        """candidates, best first."""

    @staticmethod
    def find_lone(
        picture: Buffer, finders: _Dicts, symbology: str, *, patience: float = 0, **options: Any
    ) -> dict[str, Any]:
        """candidates with a single finder, best first, each with its `tilt`."""

    @staticmethod
    def plane_of(finder: dict[str, Any], tilt: Iterable[float]) -> _Numbers:
        """The plane of the symbol that a finder's frame and a tilt say."""

    @staticmethod
    def hold(picture: Buffer, symbology: str, version: int, numbers: Iterable[float], **options: Any) -> dict[str, Any]:
        """homography: the plane, moved to where the fixed modules show best."""

    @staticmethod
    def make_grid(
        picture: Buffer, candidate: dict[str, Any], version: int, *, alignment: bool = True, **options: Any
    ) -> dict[str, Any]:
        """grid"""

    @staticmethod
    def map_grid(grid: dict[str, Any], points: _Points) -> list[_Point]:
        """Where points in modules of the symbol lie in the picture."""

    @staticmethod
    def fit_mesh(
        version: int,
        observed: Iterable[tuple[Iterable[float], Iterable[float], float, float]],
        *,
        stiffness: float,
        spacing: float,
        most_nodes: int,
    ) -> dict[str, Any] | None:
        """A grid with the mesh fitted to displacements (at, value, weight_u, weight_v); None where nothing holds it."""

    @staticmethod
    def refine(
        picture: Buffer,
        candidate: dict[str, Any],
        grid: dict[str, Any],
        *,
        clue: str = "edges",
        soft: bool = False,
        **options: Any,
    ) -> dict[str, Any]:
        """grid; `clue` is "edges" or "eyes"."""

    @staticmethod
    def resample(picture: Buffer, grid: dict[str, Any], *, level: int, per_module: int, margin: int) -> dict[str, Any]:
        """width, height, luma, outside (share)."""

    @staticmethod
    def sample(picture: Buffer, grid: dict[str, Any], **options: Any) -> dict[str, Any]:
        """A lattice: width, height, luma."""

    @staticmethod
    def decide(
        luma: Buffer, version: int, known: Iterable[int], *, inverted: bool = False, **options: Any
    ) -> dict[str, Any]:
        """llr, black and white, a value a module; `luma` is that of a lattice, `known` has 1 dark, -1 light, 0."""

    @staticmethod
    def equalize(
        luma: Buffer,
        black: Buffer,
        white: Buffer,
        version: int,
        known: Iterable[int],
        *,
        inverted: bool = False,
        **options: Any,
    ) -> dict[str, Any]:
        """llr"""

    @staticmethod
    def doubt(llr: Buffer, version: int, **options: Any) -> dict[str, Any]:
        """llr"""

    @staticmethod
    def sight(frames: Iterable[Buffer], version: int, **options: Any) -> dict[str, Any]:
        """statuses (of one attempt after the other); llr, mean and deviation of what was kept."""

    @staticmethod
    def accumulate(frames: _Dicts, version: int, **options: Any) -> dict[str, Any]:
        """statuses (with the index of the latest sum), sums: llr, corners, speed, frame, frames.

        Of a frame: llr, corners, inverted, mean, deviation, frame (its number).
        """

    @staticmethod
    def confirm(read: Buffer, llr: Buffer, version: int, **options: Any) -> dict[str, Any]:
        """Whether the modules `llr` show the message of the modules `read`."""

    @staticmethod
    def decode_modules(
        llr: Buffer,
        symbology: str = "qr",
        erasures: bool = False,
        guess: int = 0,
        attempts: int = 1,
        always_doubt: bool = False,
    ) -> dict[str, Any]:
        """Decodes a grid of modules: stages symbol, correct and bitstream.

        Args:
            llr: float32, height x width, C-contiguous; positive is dark, the size says how sure.
            symbology: its size and the grid's choose the layout.
            erasures: also erase the least certain codewords.
            guess: 0 for the most likely format information, 1 for the next, ...
            attempts: this one included.
            always_doubt: the acceptance rule holds without erasures too.

        Returns:
            status, version, version_read (from the version information, 0: none), level, mask, mirrored,
            format_distance (wrong bits), corrected and erased (codewords), margin, chance, and the keys of
            `read_bitstream`.
        """

    @staticmethod
    def correct_block(codewords: bytes, check: int, erasures: list[int]) -> tuple[str, bytes, int]:
        """Corrects one Reed-Solomon block of which the last `check` codewords are check words.

        Returns:
            status ("ok", "correction"), the codewords, how many were changed.
        """

    @staticmethod
    def read_bitstream(data: bytes, version: int, symbology: str = "qr") -> dict[str, Any]:
        """Reads data codewords.

        Returns:
            status, data (bytes), segments (mode, ECI or -1, offset, length), fnc1 ("none", "gs1", "aim"),
            aim_indicator (-1: none), append (index, total, parity), padding_ok.
        """

    @staticmethod
    def kernel_names() -> list[str]:
        """See the function of the same name."""

    @staticmethod
    def kernel(target: str, name: str, *rows: Buffer) -> bytes:
        """Calls a kernel of `ext/simd/kernels.hpp` on rows of bytes and returns the row that it writes.

        halve(a, b) · luma_rgb(src) · luma_rgba(src) · threshold(src, limit) · between(near, far) · widen(src), with a
        value more on both sides
        """

    @staticmethod
    def cores(target: str, edges: list[int], tolerance: int, least: int) -> list[int]:
        """Which runs of one colour are cores of a finder pattern: run i lies between edges[2i + 2] and edges[2i + 3].

        Args:
            edges: 2n + 4, ascending: where the colour changes along a row.
            tolerance, least: as `RunTest` in `ext/simd/kernels.hpp`.
        """
