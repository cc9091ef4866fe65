"""`qrcore batch`: many pictures in, a table of what is in them out."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from ..arguments import add_effort, add_symbologies
from ..errors import OptionError, QRCoreError
from ..images import MAX_PIXELS
from ..printable import printable
from ..types import Status
from .annotate import Annotator
from .cores import usable_cores
from .engine import Result
from .engine import run as run_engine
from .failures import Failure
from .item import ErrorKind, Item
from .output import Counts, Parts, Stream
from .progress import Total, progress, summary
from .resolve import Records
from .rows import Format, Row, Table, rows
from .settings import QUEUE_BYTES, SCALES, Settings, count
from .sources import Walk
from .unit import Meter

__all__ = ["add_parser", "run"]

DONE, SOURCE_FAILED, SOME_FAILED = 0, 2, 3  # exit codes

_FORMATS: dict[str, Format] = {".parquet": "parquet", ".jsonl": "jsonl", ".csv": "csv"}

_DECISIVE = (
    "sources csv_safe every_picture resolve effort symbologies scale no_retry dpi every column deadline_ms max_pixels"
).split()  # options that the rows depend on


def add_parser(commands: Any) -> None:
    """Adds the command to what `ArgumentParser.add_subparsers` returned."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "batch",
        help="decode folders, archives, tables, documents and films into a table",
        description="Writes a table with a row for each code. SOURCE is a file, a folder (with all below it), a "
        "pattern, a URL, or - for paths on standard input; tar (also compressed), zip, Parquet, Arrow, PDF and "
        "films are read through.",
        epilog="Exit code: 0 all done, 3 some pictures failed, 2 a source could not be opened, or wrong usage. "
        "A run that was stopped goes on with --resume.",
    )
    parser.add_argument("sources", metavar="SOURCE", nargs="+")
    _add_output(parser.add_argument_group("output"))
    _add_decoding(parser.add_argument_group("decoding"))
    parser.set_defaults(run=run)


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--out", metavar="FILE", default="-", help="*.parquet, *.jsonl or *.csv; - is standard output")
    group.add_argument("--format", choices=sorted(_FORMATS.values()), help="in place of what FILE's suffix says")
    group.add_argument("--resume", action="store_true", help="go on with the run to FILE that was stopped")
    group.add_argument("--csv-safe", action="store_true", help="no cell that a spreadsheet takes for a formula")
    group.add_argument("--every-picture", action="store_true", help="a row also for pictures without a code")
    group.add_argument(
        "--resolve",
        metavar="TRUST.toml",
        help="also ask the authorities of this file for the records of the codes; adds columns (docs/batch.md)",
    )
    group.add_argument("--annotate", metavar="DIR", type=Path, help="write pictures with their codes outlined")
    group.add_argument("--quiet", action="store_true", help="no progress, no summary")


def _add_decoding(group: argparse._ArgumentGroup) -> None:
    add_effort(group)
    add_symbologies(group)
    group.add_argument("--workers", type=int, metavar="N", help="decoding threads (the cores we may use)")
    group.add_argument(
        "--scale", choices=[str(s) for s in SCALES], default="auto", help="of JPEGs, at most (%(default)s)"
    )
    group.add_argument("--no-retry", action="store_true", help="do not try again at full size if nothing is found")
    group.add_argument("--dpi", type=float, default=150, help="of PDF pages (%(default)s)")
    group.add_argument("--every", type=int, metavar="N", default=1, help="of films only each N-th frame")
    group.add_argument("--column", metavar="NAME", help="of tables, the one that holds the pictures")
    group.add_argument("--deadline-ms", type=float, metavar="MS", help="for the decoding of one picture")
    group.add_argument("--max-pixels", type=int, metavar="N", default=MAX_PIXELS, help="of one picture (%(default)s)")
    megabytes = QUEUE_BYTES >> 20
    group.add_argument("--queue-mb", type=int, metavar="N", default=megabytes, help="read ahead (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command and returns the exit code."""
    try:
        with contextlib.closing(_Batch(arguments)) as started:
            return started.run()
    except Failure as failure:  # a missing extra
        return _refused(failure.error)
    except (QRCoreError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        return _refused(error)


def _refused(error: Exception) -> int:
    print(f"qrcore: {printable(str(error))}", file=sys.stderr)
    return SOURCE_FAILED


def _message(item: Item) -> str:
    error = item.error
    return f"{item.source}: {error.strerror}" if isinstance(error, OSError) and error.strerror else str(error)


class _Batch:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        options: dict[str, Any] = {"effort": arguments.effort, "max_pixels": arguments.max_pixels}
        options["symbologies"] = arguments.symbologies
        if arguments.deadline_ms is not None:
            options["deadline_ms"] = arguments.deadline_ms
        scale: Any = arguments.scale if arguments.scale in ("auto", "full") else int(arguments.scale)
        self._settings = Settings(scale, not arguments.no_retry, arguments.dpi, arguments.every, options)
        self._meter = Meter()
        self._records = Records(arguments.resolve) if arguments.resolve else None
        self._output = self._open_output()
        self._sink = Annotator(arguments.annotate) if arguments.annotate else None

    def close(self) -> None:
        """Ends the output, which can be resumed where it is not finished, and the connections."""
        if self._records is not None:
            self._records.close()
        self._output.close()

    def run(self) -> int:
        """Decodes everything; the exit code."""
        arguments, output = self._arguments, self._output
        if isinstance(output, Parts) and output.complete:
            output.finish()
            return self._end(output.counts, "was done before: ")
        units = output.remaining(Walk(self._meter, arguments.column).units(arguments.sources))
        results = run_engine(
            units,
            self._settings,
            workers=usable_cores() if arguments.workers is None else count("workers", arguments.workers),
            ordered=True,
            queue_bytes=count("queue_mb", arguments.queue_mb) << 20,
            sink=self._sink,
            first=output.units if isinstance(output, Parts) else 0,
        )
        try:
            self._take(results)
        finally:
            results.close()  # type: ignore[attr-defined]
        output.finish()
        return self._end(output.counts)

    def _take(self, results: Iterator[Result]) -> None:
        quiet, output, meter = self._arguments.quiet, self._output, self._meter
        shown = progress(sys.stderr, quiet, None if quiet else Total(self._arguments.sources))
        try:
            for result, records in self._resolved(results):
                self._count(result, output.counts)
                for item in result.items:
                    for row in rows(item, self._arguments.every_picture, records):
                        output.add(row)
                        if records is not None and row["symbology"] is not None:
                            output.counts.resolved(row["resolve_error"])
                output.counts.bytes, output.counts.skipped = meter.bytes, meter.skipped
                if result.last:
                    output.unit_done(result.unit)
                shown.update(output.counts, meter)
        finally:
            shown.close()
        output.counts.bytes, output.counts.skipped = meter.bytes, meter.skipped

    def _resolved(self, results: Iterator[Result]) -> Iterable[tuple[Result, Iterator[Row] | None]]:
        """Each result with the record columns of its symbols, where they are asked for."""
        return ((each, None) for each in results) if self._records is None else self._records.stream(results)

    def _count(self, result: Result, counts: Counts) -> None:
        counts.pictures += result.pictures
        for item in result.items:
            counts.codes += sum(symbol.status is Status.ok for symbol in item.symbols)
            if item.kind is not None:
                counts.failed(item.kind)
            if item.kind in (ErrorKind.UNOPENED, ErrorKind.MISSING_EXTRA):
                print(f"qrcore: {printable(_message(item))}", file=sys.stderr)

    def _end(self, counts: Counts, before: str = "") -> int:
        if not self._arguments.quiet:
            print(before + summary(counts), file=sys.stderr)
        if counts.errors.get(ErrorKind.UNOPENED.value):
            return SOURCE_FAILED
        return SOME_FAILED if counts.errors else DONE

    # -------------------------------------------------------------------------------------------- output

    def _open_output(self) -> Parts | Stream:
        arguments = self._arguments
        form = self._format()
        if arguments.csv_safe and form != "csv":
            raise OptionError(f"--csv-safe is for CSV, not for {form}")
        table = Table(form, csv_safe=arguments.csv_safe, records=bool(arguments.resolve))
        if arguments.out == "-":
            if arguments.resume:
                raise OptionError("--resume needs --out FILE")
            if form == "parquet":
                raise OptionError("Parquet needs --out FILE")
            return Stream(sys.stdout.buffer, table)
        return Parts(Path(arguments.out), table, self._identity(form), arguments.resume)

    def _format(self) -> Format:
        if self._arguments.format:
            return cast(Format, self._arguments.format)
        if self._arguments.out == "-":
            return "jsonl"
        suffix = Path(self._arguments.out).suffix.lower()
        if suffix not in _FORMATS:
            raise OptionError(f"--out {self._arguments.out}: ends in none of {', '.join(_FORMATS)}; add --format")
        return _FORMATS[suffix]

    def _identity(self, form: Format) -> dict[str, Any]:
        """The options that the rows depend on."""
        return {"format": form, **{name: getattr(self._arguments, name) for name in _DECISIVE}}
