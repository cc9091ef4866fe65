"""The API is walked from its own description: nothing it admits breaks it, and nothing it refuses gets through.

The walk is schemathesis': every boundary of every schema, generated requests, and chains of them, with a fixed seed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from service.conftest import AUTHORITY, SCOPES
from service.live import running

from qrcore.records import SqlStore

pytest.importorskip("schemathesis")

EXPECTED = [400, 401, 403, 404, 409, 410, 412, 413, 422, 428]
"""Refusals of requests that the schema admits: what a record may hold is ruled by more than a schema can say."""
CONFIGURATION = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", {statuses}]

[parameters]
"path.ref" = "{ref}"
"""
KEYS = "/v1/keys/{id}"


def walk(folder: Path, examples: int, *arguments: str) -> None:
    """Walks a service of its own, and fails with schemathesis' report where it found something."""
    store_url = f"sqlite:///{folder}/codes.db"
    with SqlStore(store_url, authority=AUTHORITY) as store:
        ref = store.create({"body": {"title": "x"}, "quota": {}, "aliases": [{"label": "Door"}]}).ref
        key, _ = store.create_key("walk", SCOPES)
    configuration = folder / "schemathesis.toml"
    statuses = ", ".join(map(str, EXPECTED))
    configuration.write_text(CONFIGURATION.format(statuses=statuses, ref=ref))
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program
    with running(folder / "service", "--store", store_url) as live:
        command = [program, "--config-file", str(configuration), "run", f"{live.origin}/openapi.json", "--seed", "7"]
        command += [
            "--max-examples",
            str(examples),
            "--checks",
            "all",
            "--no-color",
            "-H",
            f"Authorization: Bearer {key}",
        ]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=folder, timeout=3000)
    assert done.returncode == 0, done.stdout
    assert "Authentication failed" not in done.stdout


def test_every_boundary_of_the_description_holds(tmp_path: Path) -> None:
    without = ["--exclude-path", KEYS, "--exclude-method", "DELETE"]
    walk(tmp_path, 5, "--phases", "coverage,fuzzing", *without)


def test_what_takes_away_holds_too(tmp_path: Path) -> None:
    walk(tmp_path, 5, "--phases", "coverage,fuzzing", "--include-method", "DELETE", "--exclude-path", KEYS)


@pytest.mark.deep
@pytest.mark.parametrize("phases", ["coverage,fuzzing", "stateful"])
def test_a_long_walk_finds_nothing(tmp_path: Path, phases: str) -> None:
    walk(tmp_path, 200, "--phases", phases, "--exclude-path", KEYS)
