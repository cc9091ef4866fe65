"""The command, run in this process or in one of its own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from qrcore.batch import command

SCRIPT = """
import argparse, sys
from qrcore.batch import command, output
{before}
parser = argparse.ArgumentParser()
command.add_parser(parser.add_subparsers())
arguments = parser.parse_args(["batch", *sys.argv[1:]])
sys.exit(arguments.run(arguments))
"""


def batch(*words: Any) -> int:
    """The exit code of `qrcore batch WORDS`."""
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["batch", *map(str, words)])
    return int(arguments.run(arguments))


def start(*words: Any, before: str = "") -> subprocess.Popen[bytes]:
    """The same in a process; `before` is code that runs first and may change `command` and `output`."""
    line = [sys.executable, "-c", SCRIPT.format(before=before), *map(str, words)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """What a run wrote."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        table: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
        return table
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
