"""Measures the service as `qrcore serve` runs it: keys, limits, metrics and logs on.

    python benches/bench_service.py                      # a store of 200,000 records in SQLite
    python benches/bench_service.py --url postgresql://..  # PostgreSQL, an empty database

The server has one processor, this client the other. Two figures: references a second through `POST /v1/resolve`, in
batches of 1000, each drawn anew; and the latency of single redirects that are sent at a fixed rate, each counted from
the moment when it was due, so that a server that stalls cannot hide it.

On a machine that others use, wall time says how busy it was. The server's own processor time a batch and a redirect is
printed beside it: one divided by it is what a processor of its own gives. Beside the redirects stands what a server
that does nothing takes, in turns on the same core: what is left is the service's.

Targets: 50,000 references a second; 99 of 100 redirects within 10 ms at 500 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches.bench_records import item
from qrcore.records import SqlStore

AUTHORITY = "q.example"
BATCH = 1000
REFS_PER_SECOND, P99_MS, REDIRECTS_PER_SECOND = 50_000, 10.0, 500


def fill(store: SqlStore, count: int) -> list[str]:
    """Records of two links; their references."""
    refs = []
    for start in range(0, count, 5000):
        batch = [item(i) for i in range(start, min(start + 5000, count))]
        refs += [made.ref for made in store.create_many(batch)]
    return refs


@contextmanager
def service(url: str, cores: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """A server on its own core: its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qrcore", "serve", "--store", url, "--port", str(port), "--no-page"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        os.sched_setaffinity(process.pid, {cores[0]})
        os.sched_setaffinity(0, {cores[1]})
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int) -> None:
    """Waits until somebody listens there."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)


def cpu_seconds(pid: int) -> float:
    """The processor time of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def request(method: str, path: str, key: str, content: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {AUTHORITY}\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def read_answer(file: socket.SocketIO) -> tuple[int, bytes]:
    """Status and content of an answer."""
    status = int(file.readline().split()[1])
    length = 0
    while (line := file.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return status, file.read(length) or b""


def resolving(port: int, pid: int, key: str, refs: list[str], seconds: float) -> bool:
    """References a second, by one connection that sends batch after batch."""
    rng = random.Random(7)
    batches = []
    for _ in range(64):
        items = [{"ref": ref} for ref in rng.sample(refs, BATCH)]
        batches.append(request("POST", "/v1/resolve", key, json.dumps({"items": items}).encode()))
    walls: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        file = connection.makefile("rb")
        for batch in batches[:8]:
            connection.sendall(batch)
            status, content = read_answer(file)  # type: ignore[arg-type]
            found = json.loads(content)["items"]
            assert status == 200
            assert len(found) == BATCH
            assert all(item["records"][0]["body"]["links"] for item in found)
        begin, cpu = time.perf_counter(), cpu_seconds(pid)
        while time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            connection.sendall(batches[len(walls) % len(batches)])
            status, _ = read_answer(file)  # type: ignore[arg-type]
            assert status == 200
            walls.append(time.perf_counter() - start)
        took = time.perf_counter() - begin
        spent = cpu_seconds(pid) - cpu
    wall, own = BATCH * len(walls) / took, BATCH * len(walls) / spent
    best = BATCH / min(walls)
    median, each = statistics.median(walls) * 1000, spent / len(walls) * 1000
    print(f"POST /v1/resolve, batches of {BATCH}: {wall:,.0f} refs/s by the clock, {own:,.0f} by the server's own "
          f"processor time ({each:.1f} ms a batch); a batch {median:.1f} ms median, {min(walls) * 1000:.1f} best "
          f"({best:,.0f} refs/s)", flush=True)  # fmt: skip
    return own >= REFS_PER_SECOND


ECHO = """
import asyncio, sys
ANSWER = b"HTTP/1.1 307 Temporary Redirect\\r\\nContent-Length: 0\\r\\n\\r\\n"
async def answer(reader, writer):
    while True:
        try:
            await reader.readuntil(b"\\r\\n\\r\\n")
        except asyncio.IncompleteReadError:
            return writer.close()
        writer.write(ANSWER)
async def main():
    await (await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))).serve_forever()
asyncio.run(main())
"""
"""A server that does nothing: what the machine and this client take of the latency."""


@contextmanager
def echo(core: int) -> Iterator[tuple[int, int]]:
    """A server that does nothing, on its own core: its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", ECHO, str(port)])
    try:
        os.sched_setaffinity(process.pid, {core})
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


async def redirecting(name: str, port: int, pid: int, refs: list[str], seconds: float, rate: int) -> bool:
    """The latency of redirects at a fixed rate, over sixteen connections."""
    rng = random.Random(8)
    due: asyncio.Queue[float] = asyncio.Queue()
    latencies: list[float] = []

    async def worker() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (when := await due.get()) >= 0:
            writer.write(request("GET", f"/c/{rng.choice(refs)}", "x"))
            head = await reader.readuntil(b"\r\n\r\n")
            latencies.append(time.perf_counter() - when)
            assert head.startswith(b"HTTP/1.1 307")
        writer.close()

    workers = [asyncio.create_task(worker()) for _ in range(16)]
    await asyncio.sleep(0.2)
    begin, cpu = time.perf_counter(), cpu_seconds(pid)
    for i in range(int(seconds * rate)):
        when = begin + i / rate
        if (pause := when - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        due.put_nowait(when)
    for _ in workers:
        due.put_nowait(-1.0)
    await asyncio.gather(*workers)
    took, spent = time.perf_counter() - begin, cpu_seconds(pid) - cpu
    latencies.sort()
    p50, p99, p999 = (latencies[int(len(latencies) * q)] * 1000 for q in (0.5, 0.99, 0.999))
    print(f"{name} at {len(latencies) / took:.0f}/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms, p99.9 {p999:.2f} ms; "
          f"{spent / len(latencies) * 1000:.2f} ms of processor each", flush=True)  # fmt: skip
    return p99 < P99_MS


def main() -> int:
    """Exit code 0 when both targets were met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--url", help="an empty database instead of a SQLite file")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        url = options.url or f"sqlite:///{folder}/codes.db"
        with SqlStore(url, authority=AUTHORITY) as store:
            if options.url:
                store.migrate()
            refs = fill(store, options.records)
            key, _ = store.create_key("bench", ["resolve"])
        met = [False, False]
        with service(url, (cores[0], cores[-1])) as (port, pid), echo(cores[0]) as nothing:
            for _ in range(options.rounds):
                met[0] |= resolving(port, pid, key, refs, options.seconds)
                for name, place in (("GET /c/{ref}", (port, pid)), ("a server that does nothing", nothing)):
                    work = redirecting(name, *place, refs, options.seconds, REDIRECTS_PER_SECOND)
                    met[1] |= asyncio.run(work) and place == (port, pid)
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
