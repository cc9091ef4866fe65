"""What takes long: kills at random moments, a bucket on a real server, a hundred thousand members."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batch.archives_of import png, pngs, tar
from batch.running import batch, rows_of, start

from qrcore.batch import decode_many

pytestmark = [pytest.mark.deep, pytest.mark.filterwarnings("default")]

# Peak of resident memory, in KiB; what getrusage says may be the parent's.
PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
SMALL_PARTS = "output._UNITS, output._SECONDS = 40, 0.2"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tar of 3000 pictures, some of them bad."""
    files = {}
    for i in range(3000):
        files[f"{i:05d}.png"] = b"nothing" if i % 97 == 0 else png(f"text {i}")
    return tar(files, tmp_path_factory.mktemp("many") / "many.tar")


@pytest.mark.parametrize("form", ["parquet", "jsonl", "csv"])
def test_killed_at_twenty_random_moments_each_resumed_to_equal_rows(many: Path, tmp_path: Path, form: str) -> None:
    whole = tmp_path / f"whole.{form}"
    begin = time.monotonic()
    start(many, "--out", whole, before=SMALL_PARTS).communicate()
    lasts = time.monotonic() - begin
    moments = random.Random(form)
    kills = 0
    for attempt in range(100):
        out = tmp_path / f"{attempt}.{form}"
        process = start(many, "--out", out, before=SMALL_PARTS)
        time.sleep(moments.uniform(0.1, lasts))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            continue  # it was done already
        _, shown = (resumed := start(many, "--out", out, "--resume", before=SMALL_PARTS)).communicate()
        assert resumed.returncode == 3, shown
        if form == "parquet":
            assert rows_of(out) == rows_of(whole)
        else:
            assert out.read_bytes() == whole.read_bytes()
        kills += 1
        if kills == 20:
            print(f"{kills} kills in a run of 3000 pictures, {lasts:.1f} s long")
            return
    pytest.fail(f"only {kills} of the runs could be killed")


def test_killed_again_and_again_a_run_still_ends(many: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    assert batch(many, "--out", whole, "--quiet") == 3
    kills = 0
    for _ in range(60):
        process = start(many, "--out", out, "--resume", before=SMALL_PARTS)
        try:
            process.communicate(timeout=1.5)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
    assert process.returncode == 3
    assert out.read_bytes() == whole.read_bytes()
    print(f"{kills} kills of one run, 1.5 s apart")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on a local server that speaks S3."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="pictures")
    yield "s3://pictures"
    server.stop()


def test_a_bucket_gives_the_rows_of_the_local_files(bucket: str, tmp_path: Path) -> None:
    import boto3

    local = {f"shards/{i}.tar": tar(pngs(30, f"shard {i}"), tmp_path / f"{i}.tar") for i in range(3)}
    client = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    for key, path in local.items():
        client.put_object(Bucket="pictures", Key=key, Body=path.read_bytes())
    client.put_object(Bucket="pictures", Key="loose/x.png", Body=png("loose"))

    def content(path: Path) -> list[Any]:
        rows = rows_of(path)
        return [{**row, "source": row["source"].rpartition("/")[2]} for row in rows]

    assert batch(*local.values(), "--out", tmp_path / "local.parquet") == 0
    assert batch(bucket + "/shards/*.tar", "--out", tmp_path / "s3.parquet") == 0
    assert content(tmp_path / "s3.parquet") == content(tmp_path / "local.parquet")
    assert [s.text for item in decode_many([bucket + "/loose"]) for s in item.symbols] == ["loose"]
    print("91 pictures in 3 tars and a loose file")


def test_a_hundred_thousand_tiny_members_do_not_slow_down(tmp_path: Path) -> None:
    count = 100_000
    picture = png("1")
    path = tar({f"{i:06d}.png": picture for i in range(count)}, tmp_path / "tiny.tar")
    script = (
        "import sys, time\n"
        "from qrcore.batch import decode_many\n"
        "for n, item in enumerate(decode_many([sys.argv[1]]), 1):\n"
        "    if n % 10000 == 0:\n"
        "        print(time.process_time(), end=' ')\n"
        "        " + PEAK + "print(n)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, path], check=True, capture_output=True, text=True)
    *lines, total = done.stdout.split("\n")[:-1]
    times, peaks = zip(*((float(a), int(b)) for a, b in map(str.split, lines)), strict=True)
    spent = [b - a for a, b in itertools.pairwise(times)]
    assert int(total) == count
    assert min(spent[-3:]) < 1.3 * min(spent[:3])  # the least: others use the machine too
    assert peaks[-1] - peaks[1] < 16 << 10  # KiB
    first, last = (1e2 * min(some) for some in (spent[:3], spent[-3:]))  # of 10,000 members
    print(f"{first:.0f} us of CPU a member in the first tenths, {last:.0f} in the last; peak {peaks[-1] >> 10} MiB")


@pytest.mark.timing
def test_a_tar_of_large_photos_takes_less_than_400_megabytes(data: Path, tmp_path: Path) -> None:
    import PIL.Image

    large = {}
    for path in sorted((data / "boofcv").rglob("*.jpg")):
        with PIL.Image.open(path) as image:
            if image.width * image.height >= 11_800_000:
                large[path.parent.name + path.name] = path.read_bytes()
    archive = tar(large, tmp_path / "large.tar")
    script = (
        "import sys\n"
        "from qrcore.batch import decode_many\n"
        "print(sum(1 for _ in decode_many([sys.argv[1]], workers=2)))\n" + PEAK
    )
    done = subprocess.run([sys.executable, "-c", script, archive], check=True, capture_output=True, text=True)
    count, peak = map(int, done.stdout.split())
    assert count == len(large)
    assert peak < 400 << 10
    print(f"{count} photos, 2 workers: peak {peak >> 10} MiB")
