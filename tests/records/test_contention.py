"""What must hold when many processes, kills and failing servers come together."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from qrcore.records import ClaimError, SqlStore, WriteError
from qrcore.records.errors import StoreError

THREADS, PROCESSES, QUOTA = 64, 4, 500


def _claim_all(url: str, ref: str, process: int, threads: int, each: int, results: Any) -> None:
    with SqlStore(url, authority="q.example", pool_size=32) as store:

        def work(thread: int) -> list[int]:
            got = []
            for n in range(each):
                with contextlib.suppress(ClaimError):
                    got.append(store.claim(ref, key=f"{process}/{thread}/{n}").ordinal)
            return got

        with ThreadPoolExecutor(threads) as pool:
            results.put([ordinal for got in pool.map(work, range(threads)) for ordinal in got])


def _storm(url: str, ref: str, processes: int, threads: int, each: int) -> list[int]:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=_claim_all, args=(url, ref, p, threads, each, results)) for p in range(processes)]
    for worker in workers:
        worker.start()
    granted = [ordinal for _ in workers for ordinal in results.get(timeout=600)]
    for worker in workers:
        worker.join()
    return granted


def test_processes_are_granted_exactly_the_quota(store: SqlStore, store_url: str) -> None:
    ref = store.create({"body": {}, "quota": {"max": 20}}).ref
    assert sorted(_storm(store_url, ref, 2, 4, 5)) == list(range(1, 21))


@pytest.mark.deep
def test_64_threads_in_4_processes_never_over_grant(store: SqlStore, store_url: str) -> None:
    ref = store.create({"body": {}, "quota": {"max": QUOTA}}).ref
    begin = time.monotonic()
    granted = _storm(store_url, ref, PROCESSES, THREADS, 4)
    state = store.quota(ref)
    assert state is not None
    took = time.monotonic() - begin
    print(f"{PROCESSES} processes of {THREADS} threads, {THREADS * PROCESSES * 4} tries for {QUOTA} in {took:.1f} s")
    assert sorted(granted) == list(range(1, QUOTA + 1))
    assert state.used == QUOTA


WRITER = """
import sys
from qrcore.records import SqlStore
with SqlStore(sys.argv[1], authority="q.example") as store:
    ref, n = sys.argv[2], int(sys.argv[3])
    version = store.get(ref).version
    while True:
        receipt = store.claim(ref, key=f"{sys.argv[3]}/{n}")
        print("claim", receipt.ordinal, flush=True)
        version = store.put(ref, {"title": f"after {receipt.ordinal}"}, version)
        print("put", version, flush=True)
        n += 1
"""


def _kill_a_writer(url: str, ref: str, round_: int, delay: float) -> tuple[list[int], list[int]]:
    """What a writer had acknowledged before it was killed."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, url, ref, str(round_)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    claims, puts = [], []
    for line in [first, *rest.splitlines(keepends=True)]:
        if line.endswith("\n"):
            kind, number = line.split()
            (claims if kind == "claim" else puts).append(int(number))
    return claims, puts


def _kills(store: SqlStore, url: str, count: int) -> None:
    ref = store.create({"body": {}, "quota": {"max": 1_000_000}}).ref
    rng, claims, puts = random.Random(5), [], []
    for round_ in range(count):
        more_claims, more_puts = _kill_a_writer(url, ref, round_, rng.uniform(0, 0.15))
        claims += more_claims
        puts += more_puts
    rows, after = [], 0
    while page := store.claims(ref, after=after, limit=1000):
        rows += page
        after = page[-1].ordinal
    ordinals = [row.ordinal for row in rows]
    state, versions = store.quota(ref), []
    while batch := store.history(ref, after=len(versions), limit=1000):
        versions += batch
    assert state is not None
    assert set(claims) <= set(ordinals), "an acknowledged claim was lost"
    assert len(claims) == len(set(claims)), "an ordinal was granted twice"
    assert ordinals == list(range(1, len(ordinals) + 1))
    assert state.used == len(ordinals)
    assert set(puts) <= {version.version for version in versions}, "an acknowledged version was lost"
    assert [version.version for version in versions] == list(range(1, store.get(ref).version + 1))
    assert versions[-1].body == store.get(ref).body
    events, after = [], 0
    while feed := store.events(after, limit=1000):
        events += feed
        after = feed[-1].seq
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert sum(event.kind == "claimed" for event in events) == len(ordinals)
    print(f"{count} kills; acknowledged {len(claims)} claims and {len(puts)} versions")


def test_a_killed_writer_loses_nothing_that_was_acknowledged(store: SqlStore, store_url: str) -> None:
    _kills(store, store_url, 2)


@pytest.mark.deep
def test_50_kills_lose_nothing_that_was_acknowledged(store: SqlStore, store_url: str) -> None:
    _kills(store, store_url, 50)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_store_survives_a_fork(store: SqlStore) -> None:
    ref = store.create({"body": {}, "quota": {"max": 10}}).ref
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if store.claim(ref, key="child").ordinal == 1 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.claim(ref, key="parent").ordinal == 2


# -- PostgreSQL that fails


@pytest.fixture
def serializable(postgres_url: str) -> Iterator[SqlStore]:
    with SqlStore(postgres_url, authority="q.example", isolation="SERIALIZABLE", pool_size=20) as store:
        store.migrate()
        yield store


def _run(store: SqlStore, statement: str) -> None:
    with store._db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


def _mixed_load(store: SqlStore, threads: int, each: int) -> tuple[str, list[int], list[int]]:
    """Claims and writes from many threads; each goes on until it is told the outcome."""
    ref = store.create({"body": {}, "quota": {"max": threads * each // 2}}).ref

    def insist(call: Callable[[], int]) -> int | None:
        for _ in range(50):
            try:
                return call()
            except StoreError:
                continue
            except (ClaimError, WriteError):
                return None
        raise AssertionError("the store did not recover")

    def work(who: int) -> tuple[list[int], list[int]]:
        claims, puts = [], []
        for n in range(each):
            got = insist(lambda n=n: store.claim(ref, key=f"{who}/{n}").ordinal)  # type: ignore[misc]
            claims += [] if got is None else [got]
            version = insist(lambda: store.get(ref).version)
            assert version is not None
            written = insist(lambda v=version, n=n: store.put(ref, {"title": f"{who}/{n}"}, v))  # type: ignore[misc]
            puts += [] if written is None else [written]
        return claims, puts

    with ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(work, range(threads)))
    return ref, [c for claims, _ in outcomes for c in claims], [p for _, puts in outcomes for p in puts]


def _check_load(store: SqlStore, ref: str, claims: list[int], puts: list[int], quota: int) -> None:
    state = store.quota(ref)
    assert state is not None
    assert sorted(claims) == list(range(1, quota + 1))
    assert state.used == quota
    assert len(puts) == len(set(puts))
    versions = [version.version for version in store.history(ref, limit=1000)]
    assert versions == list(range(1, store.get(ref).version + 1))
    assert set(puts) <= set(versions)


def test_serializable_isolation_gives_the_same_results(serializable: SqlStore) -> None:
    ref, claims, puts = _mixed_load(serializable, 6, 6)
    _check_load(serializable, ref, claims, puts, 18)


def test_injected_serialization_failures_are_retried(serializable: SqlStore) -> None:
    """The server itself raises 40001 in every third claim and version, from a trigger."""
    _run(serializable, "CREATE SEQUENCE trouble")
    _run(
        serializable,
        "CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF mod(nextval('trouble'), 3) = 0 THEN"
        " RAISE EXCEPTION 'injected' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$",
    )
    for table in ("claim", "version", "event"):
        _run(serializable, f"CREATE TRIGGER stumble BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION stumble()")
    ref, claims, puts = _mixed_load(serializable, 4, 6)
    _check_load(serializable, ref, claims, puts, 12)


def test_dropped_connections_are_replaced(serializable: SqlStore, postgres_server: str) -> None:
    """An administrator ends random connections of the store all the while."""
    stop = threading.Event()
    database = serializable._db.engine.url.database
    ends = 0

    def shoot() -> None:
        nonlocal ends
        admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            while not stop.wait(0.1):
                ends += connection.exec_driver_sql(
                    "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
                    f" WHERE datname = '{database}' ORDER BY random() LIMIT 1) AS one"
                ).scalar_one()
        admin.dispose()

    shooter = threading.Thread(target=shoot)
    shooter.start()
    try:
        ref, claims, puts = _mixed_load(serializable, 4, 10)
    finally:
        stop.set()
        shooter.join()
    assert ends > 0
    state = serializable.quota(ref)
    assert state is not None
    assert state.used == len(serializable.claims(ref)) == 20
    assert sorted(claims) == list(range(1, 21))
    assert len(puts) == len(set(puts))


class _LosesReplies:
    """Stands between the store and PostgreSQL, passes every COMMIT on, and cuts the line instead of the reply."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.armed = False
        self.cut = 0
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def close(self) -> None:
        self._listener.close()

    def _spawn(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            losing = threading.Event()
            self._spawn(self._forward, client, server, losing, True)
            self._spawn(self._forward, server, client, losing, False)

    def _forward(self, source: socket.socket, sink: socket.socket, losing: threading.Event, to_server: bool) -> None:
        try:
            while data := source.recv(65536):
                if to_server and self.armed and b"COMMIT" in data:
                    self.armed = False
                    losing.set()
                    sink.sendall(data)
                    continue
                if not to_server and losing.is_set():
                    self.cut += 1
                    break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def _behind_a_proxy(postgres_url: str) -> Iterator[tuple[SqlStore, _LosesReplies]]:
    """A store with tables in it, and the proxy that it speaks through."""
    url = sa.make_url(postgres_url)
    assert url.port is not None
    proxy = _LosesReplies(url.host or "127.0.0.1", url.port)
    through = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    with SqlStore(postgres_url) as direct, SqlStore(through, authority="q.example") as store:
        direct.migrate()
        yield store, proxy
    proxy.close()


def test_a_commit_whose_reply_is_lost_counts_once(postgres_url: str) -> None:
    """The hardest moment: the server has committed, and nobody is told."""
    with _behind_a_proxy(postgres_url) as (store, proxy):
        ref = store.create({"body": {}, "quota": {"max": 5}}).ref
        proxy.armed = True
        assert store.claim(ref, key="k").ordinal == 1
        proxy.armed = True
        assert store.put(ref, {"title": "new"}, 1) == 2
        proxy.armed = True
        made = store.create_many([{"body": {"title": "a"}, "aliases": [{"label": "x"}]}, {"title": "b"}])
        proxy.armed = True
        store.retire(ref)
        assert proxy.cut == 4
        state = store.quota(ref)
        assert state is not None
        assert (state.used, len(store.claims(ref)), store.get(ref).version) == (1, 1, 2)
        assert [m.version for m in made] == [1, 1]
        assert [e.kind for e in store.events()] == ["created", "claimed", "updated", "created", "created", "retired"]


def test_counts_are_not_repeated_when_a_reply_is_lost(postgres_url: str) -> None:
    from datetime import datetime, timezone

    with _behind_a_proxy(postgres_url) as (store, proxy):
        ref = store.create({"title": "x"}).ref
        proxy.armed = True
        with pytest.raises(StoreError):
            store.add_counts([(ref, "about", datetime.now(timezone.utc), 7)])
        assert sum(count.n for count in store.stats(ref)) == 7


def test_sqlite_that_is_locked_for_long_is_waited_for(tmp_path: Path) -> None:
    import sqlite3

    with SqlStore(f"sqlite:///{tmp_path}/codes.db", authority="q.example") as store:
        ref = store.create({"title": "x"}).ref
        blocker = sqlite3.connect(tmp_path / "codes.db", isolation_level=None, check_same_thread=False)
        blocker.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.4, lambda: blocker.execute("COMMIT"))
        timer.start()
        assert store.put(ref, {"title": "y"}, 1) == 2
        timer.join()
        blocker.close()
