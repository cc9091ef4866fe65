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
negative_data_rejection.expected-statuses = [{statuses}, 405]

[parameters]
"path.ref" = "{ref}"
"path.kind" = "png"
"query.wait" = 0.05
"""
APART = ["--exclude-path", "/v1/keys/{id}"]
"""The walk would revoke its own key."""


def walk(folder: Path, examples: int, *arguments: str) -> None:
    """Walks a service of its own, and fails with schemathesis' report where it found something."""
    store_url = f"sqlite:///{folder}/codes.db"
    with SqlStore(store_url, authority=AUTHORITY) as store:
        ref = store.create({"body": {"title": "x"}, "quota": {}, "aliases": [{"label": "Door"}]}).ref
        key, _ = store.create_key("walk", SCOPES)
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(statuses=", ".join(map(str, EXPECTED)), ref=ref))
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program
    with running(folder / "service", "--store", store_url) as live:
        command = [program, "--config-file", str(configuration), "run", f"{live.origin}/openapi.json", "--seed", "7"]
        command += ["--max-examples", str(examples), "--checks", "all", "--no-color"]
        command += ["-H", f"Authorization: Bearer {key}", "-H", f"Host: {AUTHORITY}"]
        done = subprocess.run([*command, *APART, *arguments], capture_output=True, text=True, cwd=folder, timeout=3000)
    assert done.returncode == 0, "\n".join(line[:300] for line in done.stdout.splitlines())
    assert "Authentication failed" not in done.stdout


@pytest.mark.parametrize("which", ["--exclude-method", "--include-method"])
def test_every_boundary_of_the_description_holds(tmp_path: Path, which: str) -> None:
    """What takes records away is walked apart, so that the rest has one."""
    walk(tmp_path, 1, "--phases", "coverage", which, "DELETE")


@pytest.mark.deep
@pytest.mark.parametrize(
    "how", [["fuzzing", "--exclude-method", "DELETE"], ["fuzzing", "--include-method", "DELETE"], ["stateful"]]
)
def test_a_long_walk_finds_nothing(tmp_path: Path, how: list[str]) -> None:
    walk(tmp_path, 100, "--phases", *how)
