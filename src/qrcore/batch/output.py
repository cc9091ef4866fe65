"""Where the rows go: standard output, or parts and a manifest that survive a kill at any moment.

While a run goes on, OUT.parts/ holds part-00000000, part-00000001, ... and OUT.manifest.json says how many of them
count and how many units they stand for. Both are written beside their place, synced and renamed, the part first: a
part that the manifest does not count is written again by the next run. At the end the parts are put together in OUT
in the same way, and go; the manifest stays and holds the summary.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import OptionError, UsageError
from ..printable import printable
from .failures import extra
from .item import ErrorKind
from .rows import Row, Table
from .unit import Unit

__all__ = ["Counts", "Parts", "Stream", "write_atomically"]

_VERSION = 1
_UNITS, _ROWS, _BYTES, _SECONDS = 5000, 50_000, 16 << 20, 30.0  # after the first of these a part ends
_LEAST_SECONDS = 1.0  # of the first parts of a run: one that is killed again and again comes to an end too
_GROUP = 65_536  # rows of a row group in Parquet


@dataclass
class Counts:
    """What a run has done so far."""

    pictures: int = 0  # decoded; frames and pages count
    codes: int = 0
    rows: int = 0
    bytes: int = 0  # of the sources, as stored
    skipped: int = 0  # files that are no pictures
    seconds: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)  # by `ErrorKind`
    records: int = 0  # symbols whose record was found
    unresolved: dict[str, int] = field(default_factory=dict)  # symbols without, by code

    def failed(self, kind: ErrorKind) -> None:
        """Counts an error."""
        self.errors[kind.value] = self.errors.get(kind.value, 0) + 1

    def resolved(self, error: str | None) -> None:
        """Counts a symbol whose record was asked for."""
        if error is None:
            self.records += 1
        else:
            self.unresolved[error] = self.unresolved.get(error, 0) + 1


@dataclass
class Manifest:
    """What is known about finished parts."""

    options: dict[str, Any]
    version: int = _VERSION
    parts: int = 0
    units: int = 0
    digest: str = ""  # of the names and sizes of those units, one after the other
    complete: bool = False
    counts: Counts = field(default_factory=Counts)


class Stream:
    """Rows to a stream as they come; nothing to resume. To a terminal they go without what would act on it."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        self._file, self._table = file, table
        self._shown = file.isatty()
        self.counts = Counts()
        file.write(table.header())

    def remaining(self, units: Iterator[Unit]) -> Iterator[Unit]:
        """All of them."""
        return units

    def add(self, row: Row) -> None:
        """Writes a row."""
        self.counts.rows += 1
        data = self._table.encode([row])
        if self._shown:
            data = printable(data.decode("utf-8").rstrip("\r\n")).encode("utf-8") + b"\n"
        self._file.write(data)

    def unit_done(self, unit: Unit) -> None:
        """All rows of the unit were added."""
        self._file.flush()

    def finish(self) -> None:
        """All units are done."""
        self._file.flush()

    def close(self) -> None:
        """Nothing more is written."""


class Parts:
    """Rows to parts, and the parts to one file."""

    def __init__(self, out: Path, table: Table, options: dict[str, Any], resume: bool) -> None:
        """Takes up an earlier run where `resume` says so and there is one.

        Raises:
            UsageError: an unfinished run is there and not to be resumed, it had other options, or it still goes on.
            OptionError: there is no such folder.
            OSError: nothing can be written there.
        """
        self._out, self._table = out, table
        self._folder = out.with_name(out.name + ".parts")
        self._path = out.with_name(out.name + ".manifest.json")
        self._manifest = self._begin(json.loads(json.dumps(options)), resume)
        self.counts = self._manifest.counts
        self._rows: list[Row] = []
        self._units, self._bytes = 0, 0
        self._digest = self._manifest.digest
        self._started = self._since = time.monotonic()
        self._began = self._started - self.counts.seconds

    @property
    def complete(self) -> bool:
        """Whether the run was finished before."""
        return self._manifest.complete and self._out.exists()

    @property
    def units(self) -> int:
        """Units that are done already."""
        return self._manifest.units

    def remaining(self, units: Iterator[Unit]) -> Iterator[Unit]:
        """The units that are not done yet.

        Raises:
            UsageError: those that are done are not what they were.
        """
        digest = ""
        for _ in range(self._manifest.units):
            unit = next(units, None)
            if unit is None:
                break
            digest = _chained(digest, unit)
        if digest != self._manifest.digest:
            raise UsageError(
                f"the sources have changed since the run that {self._path} tells of; "
                f"remove it and {self._folder}, and start again without --resume"
            )
        return units

    def add(self, row: Row) -> None:
        """Takes a row; it counts when its unit is done."""
        self._rows.append(row)
        self._bytes += 200 + len(row["text"] or "") + len(row["data"] or b"") + len(row["error"] or "")
        self.counts.rows += 1

    def unit_done(self, unit: Unit) -> None:
        """All rows of the unit were added; ends the part if it is large or old enough."""
        self._units += 1
        self._digest = _chained(self._digest, unit)
        full = self._units >= _UNITS or len(self._rows) >= _ROWS or self._bytes >= _BYTES
        now = time.monotonic()
        half = (now - self._started) / 2  # of this run, so that parts grow and a kill costs no more than that
        if full or now - self._since >= min(_SECONDS, max(_LEAST_SECONDS, half)):
            self._end_part()

    def finish(self) -> None:
        """Ends the last part and puts all of them together."""
        if not self.complete:
            self._end_part()
            with write_atomically(self._out) as file:
                _join(self._table, self._part_paths(), file)
            self._manifest.complete = True
            self._save(self._manifest)
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Lets other runs write here."""
        self._lock.close()

    # -------------------------------------------------------------------------------------------- inside

    def _begin(self, options: dict[str, Any], resume: bool) -> Manifest:
        earlier = self._load()
        if earlier is not None and earlier.complete and not self._out.exists():
            earlier = None  # its result was taken away
        if earlier is not None and not earlier.complete and not resume:
            raise UsageError(
                f"{self._out}: an unfinished run is there; go on with --resume, "
                f"or remove {self._path} and {self._folder}"
            )
        if earlier is not None and resume and earlier.options != options:
            differ = [k for k in {**options, **earlier.options} if options.get(k) != earlier.options.get(k)]
            raise UsageError(f"{self._out}: the run to resume had another {', '.join(differ)}")
        if not self._out.parent.is_dir():
            raise OptionError(f"--out {self._out}: there is no folder {self._out.parent}; make it first")
        self._folder.mkdir(exist_ok=True)
        self._lock = _lock(self._folder / "lock")
        if earlier is not None and resume:
            return earlier
        return self._save(Manifest(options))

    def _load(self) -> Manifest | None:
        try:
            known = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise UsageError(f"{self._path}: is no manifest of a run: {error}") from error
        if not isinstance(known, dict) or known.get("version") != _VERSION:
            raise UsageError(f"{self._path}: is no manifest that this version of qrcore knows")
        return Manifest(**{**known, "counts": Counts(**known["counts"])})

    def _end_part(self) -> None:
        if not self._units:
            return
        if self._rows:
            path = self._folder / f"part-{self._manifest.parts:08d}"
            with write_atomically(path) as file:
                file.write(self._table.encode(self._rows))
            self._manifest.parts += 1
        self._manifest.units += self._units
        self._manifest.digest = self._digest
        self.counts.seconds = round(time.monotonic() - self._began, 3)
        self._save(self._manifest)
        self._rows, self._units, self._bytes, self._since = [], 0, 0, time.monotonic()

    def _save(self, manifest: Manifest) -> Manifest:
        with write_atomically(self._path) as file:
            file.write(json.dumps(asdict(manifest), indent=1).encode("ascii"))
        return manifest

    def _part_paths(self) -> list[Path]:
        return [self._folder / f"part-{i:08d}" for i in range(self._manifest.parts)]


def _chained(digest: str, unit: Unit) -> str:
    """A digest of all units so far that fits in a manifest."""
    identity = [digest, unit.source, unit.member or "", str(unit.size)]
    joined = "\0".join(identity).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()


@contextlib.contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """A file that stands under its name when it is whole and on disk, or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")  # the same after a kill, so that none is left over
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lock(path: Path) -> Any:
    """Held as long as what it returns lives, and by no one after a kill."""
    file = path.open("wb")
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except OSError as error:
        file.close()
        raise UsageError(f"{path.parent}: another run is writing here") from error
    return file


def _join(table: Table, parts: list[Path], file: BinaryIO) -> None:
    if table.form == "parquet":
        _join_parquet(table.schema(), parts, file)
        return
    file.write(table.header())
    for part in parts:
        with part.open("rb") as lines:
            shutil.copyfileobj(lines, file, 1 << 20)


def _join_parquet(schema: Any, parts: list[Path], file: BinaryIO) -> None:
    arrow, parquet = extra("pyarrow"), extra("pyarrow.parquet")
    waiting: list[Any] = []
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for part in parts:
            waiting.append(parquet.read_table(part, schema=schema))
            if sum(table.num_rows for table in waiting) >= _GROUP:
                writer.write_table(arrow.concat_tables(waiting), row_group_size=_GROUP)
                waiting = []
        if waiting:
            writer.write_table(arrow.concat_tables(waiting), row_group_size=_GROUP)
