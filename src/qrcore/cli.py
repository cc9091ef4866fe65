"""The command line: `qrcore decode`, `trace`, `camera`, `bench`, `batch`, `record` and `serve`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from . import bench, camera
from .api import Decoder
from .arguments import add_effort, add_symbologies
from .batch import command as batch
from .errors import QRCoreError
from .printable import printable
from .records import cli as records
from .records.service import serve
from .tracing import trace
from .types import Effort, Status, Symbol

FOUND, NONE_FOUND, FAILED = 0, 1, 2  # exit codes


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return 130
    except QRCoreError as error:  # an option with a wrong value, a missing extra
        print(f"qrcore: {printable(_message(error))}", file=sys.stderr)
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qrcore", description="Reads QR codes from pictures.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    effort = argparse.ArgumentParser(add_help=False)
    add_effort(effort)
    add_symbologies(effort)

    decode = commands.add_parser(
        "decode",
        parents=[effort],
        help="print the texts of the codes in pictures",
        description="Prints the text of each code on a line of its own, after the picture's name where there are "
        "several pictures. Characters that act on a terminal are printed escaped; --json holds the exact text.",
        epilog="Exit code: 0 every picture gave a code, 1 some gave none, 2 an error.",
    )
    decode.add_argument("images", metavar="IMAGE", nargs="+", help="file to read, - for standard input")
    form = decode.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a picture and line")
    form.add_argument("--payload", action="store_true", help="what each text means, one JSON object a code and line")
    decode.set_defaults(run=_decode)

    tracing = commands.add_parser(
        "trace",
        parents=[effort],
        help="write a page that shows what each stage saw",
        description="Writes DIR/index.html: a picture of each stage, finders, grids, module confidences, times.",
        epilog="Exit code: 0 the picture gave a code, 1 it gave none, 2 an error.",
    )
    tracing.add_argument("image", metavar="IMAGE", help="file to read, - for standard input")
    tracing.add_argument("--out", metavar="DIR", required=True, help="folder for the page; made if missing")
    tracing.set_defaults(run=_trace)
    camera.add_parser(commands)
    bench.add_parser(commands)
    batch.add_parser(commands)
    records.add_parser(commands)
    serve.add_parser(commands)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        parser.exit(message=f"qrcore {version('qrcore')}\n")


def _decode(options: argparse.Namespace) -> int:
    decoder = Decoder(effort=options.effort, symbologies=options.symbologies, return_failures=True)
    code = FOUND
    for name in options.images:
        try:
            found = decoder.decode(_source(name))
        except QRCoreError as error:
            code = FAILED
            _complain(name, error)
            if options.json:
                _print_json({"source": name, "symbols": [], "error": _message(error)})
            continue
        symbols = [s for s in found if s.status is Status.ok]
        if not symbols:
            code = max(code, NONE_FOUND)
            print(f"{printable(name)}: {_why_not(found, Effort(options.effort))}", file=sys.stderr)
        if options.json:
            _print_json({"source": name, "symbols": [s.to_dict() for s in symbols], "error": None})
        elif options.payload:
            for symbol in symbols:
                _print_json({"source": name, **symbol.payload.to_dict()})
        else:
            prefix = f"{printable(name)}: " if len(options.images) > 1 else ""
            for symbol in symbols:
                print(prefix + printable(symbol.text))
    return code


def _trace(options: argparse.Namespace) -> int:
    try:
        seen = trace(
            _source(options.image), effort=options.effort, symbologies=options.symbologies, return_failures=True
        )
        print(seen.write_html(options.out))
    except (QRCoreError, OSError) as error:
        _complain(options.image, error)
        return FAILED
    if any(s.status is Status.ok for s in seen.symbols):
        return FOUND
    print(f"{printable(options.image)}: {_why_not(seen.symbols, Effort(options.effort))}", file=sys.stderr)
    return NONE_FOUND


def _source(name: str) -> Any:
    return sys.stdin.buffer if name == "-" else name


def _message(error: Exception) -> str:
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)


def _complain(name: str, error: Exception) -> None:
    print(f"qrcore: {printable(name)}: {printable(_message(error))}", file=sys.stderr)


def _why_not(failures: Sequence[Symbol], effort: Effort) -> str:
    """Where the best candidate died, and what to try."""
    harder = {Effort.FAST: Effort.BALANCED, Effort.BALANCED: Effort.THOROUGH}.get(effort)
    if failures:
        best = max(failures, key=lambda s: s.status)
        x, y = (sum(values) / 4 for values in zip(*best.corners, strict=True))
        why = f"no code read; the best candidate, near ({x:.0f}, {y:.0f}), failed at {best.status.value}: "
        why += best.status.message
    else:
        why = "no code found, and nothing that looks like one"
    return f"{why}; try --effort {harder.value}" if harder else why


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value))
