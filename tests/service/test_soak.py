"""Minutes of mixed load on PostgreSQL, with the service killed and the database lost in the middle.

QRCORE_SOAK_SECONDS says how long; 900 is what counts. Nothing that was acknowledged may be lost, no claim granted
twice, no event skipped; while the service stands, what it cannot do is 503 with Retry-After; and it recovers by itself.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx2
import pytest
from postgres import Postgres, running
from service.conftest import AUTHORITY, SCOPES
from service.live import Live, start

from qrcore.records import SqlStore

SECONDS = float(os.environ.get("QRCORE_SOAK_SECONDS", "900"))
RECOVERY = 30.0
"""Seconds after which all must be well again."""
pytestmark = [pytest.mark.deep, pytest.mark.timing]


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


class Load:
    """Workers that talk to the service, and what they were told."""

    def __init__(self, origin: str, key: str, coupons: list[str]) -> None:
        self.origin, self.coupons = origin, coupons
        self.headers = {"Authorization": f"Bearer {key}", "Host": AUTHORITY}
        self.over = threading.Event()
        self.service_down = threading.Event()
        self.lock = threading.Lock()
        self.records: dict[str, tuple[int, str]] = {}
        self.history: dict[tuple[str, int], str] = {}
        self.granted: dict[str, dict[str, Any]] = {}
        self.refused: set[str] = set()
        self.scans, self.maybe_scans = 0, 0
        self.events: list[int] = []
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []
        self.last_success = 0.0
        self.cut = 0

    def send(self, client: httpx2.Client, method: str, path: str, **options: Any) -> httpx2.Response | None:
        """The answer; None where there was none, or one that says to come again."""
        began_down = self.service_down.is_set()
        try:
            response = client.request(method, path, **options)
        except httpx2.HTTPError as error:
            if not (began_down or self.service_down.is_set()):
                self.faults.append(f"{method} {path[:20]}: {type(error).__name__} while the service stood")
            self.cut += 1
            time.sleep(0.2)
            return None
        with self.lock:
            self.statuses[response.status_code] += 1
            if response.status_code < 500:
                self.last_success = time.monotonic()
        if response.status_code == 503:
            if not response.headers.get("retry-after", "").isdigit():
                self.faults.append(f"{method} {path[:20]}: 503 without Retry-After")
            time.sleep(0.3)
            return None
        if response.status_code >= 500 or response.status_code == 429:
            self.faults.append(f"{method} {path[:20]}: {response.status_code} {response.text[:200]}")
        return response

    def until_answered(self, client: httpx2.Client, method: str, path: str, **options: Any) -> httpx2.Response | None:
        """Tried again, as a client with an idempotency key does."""
        while not self.over.is_set():
            if (response := self.send(client, method, path, **options)) is not None:
                return response
        return None

    def writer(self, client: httpx2.Client) -> None:
        """Creates a record, then replaces it; after a cut it looks what became of it."""
        key, title = uuid.uuid4().hex, f"title {random.random()}"
        body = {"title": title, "links": [{"href": "https://a.example/v1"}]}
        made = self.until_answered(client, "POST", "/v1/records", json=body, headers={"Idempotency-Key": key})
        if made is None:
            return
        assert made.status_code == 201, made.text
        ref = made.json()["ref"]
        self.acknowledge(ref, 1, title)
        for version in range(1, random.randrange(2, 5)):
            title = f"title {random.random()}"
            body = {"title": title, "links": [{"href": f"https://a.example/v{version + 1}"}]}
            put = self.send(client, "PUT", f"/v1/records/{ref}", json=body, headers={"If-Match": f'"v{version}"'})
            if put is None:  # written or not: who asks is told
                now = self.until_answered(client, "GET", f"/v1/records/{ref}")
                if now is None or now.json()["version"] != version + 1:
                    return
                assert now.json()["body"]["title"] == title
            else:
                assert put.status_code == 200, put.text
            self.acknowledge(ref, version + 1, title)

    def acknowledge(self, ref: str, version: int, title: str) -> None:
        with self.lock:
            self.records[ref] = (version, title)
            self.history[ref, version] = title

    def claimer(self, client: httpx2.Client) -> None:
        """Claims with one key until there is an answer, and sometimes asks again afterwards."""
        key, ref = uuid.uuid4().hex, random.choice(self.coupons)
        for _ in range(random.choice((1, 1, 2))):
            answer = self.until_answered(
                client, "POST", f"/v1/records/{ref}/claims", json={}, headers={"Idempotency-Key": key}
            )
            if answer is None:
                return
            assert answer.status_code in (201, 409), answer.text
            with self.lock:
                if answer.status_code == 201:
                    assert self.granted.setdefault(key, answer.json()) == answer.json()
                else:
                    self.refused.add(key)

    def scanner(self, client: httpx2.Client) -> None:
        """Follows a code: never to an older version than one that was acknowledged before."""
        with self.lock:
            known = list(self.records.items())[-200:]
        if not known:
            return
        ref, (version, _) = random.choice(known)
        answer = self.send(client, "GET", f"/c/{ref}")
        if answer is not None:
            assert answer.status_code == 307, answer.text
            assert int(answer.headers["location"].rpartition("/v")[2].rstrip("#")) >= version

    def resolver(self, client: httpx2.Client) -> None:
        """Resolves many at once."""
        with self.lock:
            known = list(self.records.items())[-1000:]
        answer = self.send(client, "POST", "/v1/resolve", json={"items": [{"ref": ref} for ref, _ in known]})
        if answer is not None:
            found = answer.json()["items"]
            for (_, (version, _)), item in zip(known, found, strict=True):
                assert item["records"][0]["version"] >= version

    def reporter(self, client: httpx2.Client) -> None:
        """Reports scans; a report without an answer may have counted."""
        scans = [{"ref": self.coupons[0], "rel": "about", "at": datetime.now(timezone.utc).isoformat(), "n": 3}]
        answer = self.send(client, "POST", "/v1/scans", json={"scans": scans})
        with self.lock:
            self.maybe_scans += 3
            self.scans += 0 if answer is None else 3

    def poller(self, client: httpx2.Client) -> None:
        """Reads the feed from where it was."""
        after = self.events[-1] if self.events else 0
        answer = self.send(client, "GET", "/v1/events", params={"after": after, "wait": 2, "limit": 500})
        if answer is not None:
            self.events += [event["seq"] for event in answer.json()["events"]]

    def run(self, work: Callable[[httpx2.Client], None], pause: float) -> threading.Thread:
        def loop() -> None:
            with httpx2.Client(base_url=self.origin, headers=self.headers, trust_env=False, timeout=20) as client:
                while not self.over.is_set():
                    try:
                        work(client)
                    except AssertionError as error:
                        self.faults.append(f"{work.__name__}: {error}"[:500])
                    time.sleep(random.uniform(0, 2 * pause))

        thread = threading.Thread(target=loop, name=work.__name__)
        thread.start()
        return thread

    def recovered(self, what: str) -> None:
        """Waits until requests succeed again, by themselves."""
        since = time.monotonic()
        while self.last_success < since:
            assert time.monotonic() - since < RECOVERY, f"no success after {what}"
            time.sleep(0.1)
        print(f"{what}: answers again after {self.last_success - since:.1f} s", flush=True)


def test_nothing_acknowledged_is_lost_and_no_claim_is_granted_twice(postgres: Postgres, tmp_path: Path) -> None:
    with SqlStore(postgres.url, authority=AUTHORITY) as store:
        store.migrate()
        key, _ = store.create_key("soak", SCOPES)
        coupons = [store.create({"body": {"title": "coupon"}, "quota": {"max": n}}).ref for n in (50, 500, 10**6)]
        live = start(tmp_path / "service", "--store", postgres.url, "--no-page")
        live.wait_until_ready()
        load = Load(live.origin, key, coupons)
        works = [(load.writer, 0.02)] * 2 + [(load.claimer, 0.02)] * 3 + [(load.scanner, 0.01)] * 2
        works += [(load.resolver, 0.1), (load.reporter, 0.05), (load.poller, 0.01)]
        threads = [load.run(work, pause) for work, pause in works]
        try:
            live = trouble(load, live, postgres, tmp_path)
        finally:
            load.over.set()
            for thread in threads:
                thread.join(60)
            code = live.stop()
        check(load, store)
        assert code == 0
        assert not load.faults, load.faults[:20]


def trouble(load: Load, live: Live, postgres: Postgres, folder: Path) -> Live:
    """A kill, a lost database, a polite restart, with a quarter of the time before each and after the last."""
    rest = SECONDS / 4
    time.sleep(rest)
    live = restart(load, live, postgres, folder, signal.SIGKILL)
    time.sleep(rest)
    postgres.lose()
    time.sleep(min(10.0, rest))
    assert httpx2.get(f"{live.origin}/healthz", trust_env=False).status_code == 200
    assert httpx2.get(f"{live.origin}/readyz", trust_env=False, timeout=20).status_code == 503
    postgres.start()
    load.recovered("the database was lost")
    time.sleep(rest)
    live = restart(load, live, postgres, folder, signal.SIGTERM)
    time.sleep(rest)
    return live


def restart(load: Load, live: Live, postgres: Postgres, folder: Path, how: int) -> Live:
    load.service_down.set()
    live.stop(how)
    again = start(folder / "service", "--store", postgres.url, "--no-page", port=live.port)
    again.wait_until_ready()
    load.recovered(f"the service ended by signal {how}")
    time.sleep(1)
    load.service_down.clear()
    return again


def check(load: Load, store: SqlStore) -> None:
    """What the store holds against what was acknowledged."""
    print(
        f"{sum(load.statuses.values())} answers {dict(load.statuses)}, {load.cut} without; acknowledged "
        f"{len(load.history)} versions, {len(load.granted)} claims, {load.scans} scans; {len(load.events)} events"
    )
    assert min(len(load.history), len(load.granted), load.scans, len(load.events)) > SECONDS
    for (ref, version), title in load.history.items():
        kept = store.history(ref, after=version - 1, limit=1)[0]
        assert (kept.version, kept.read_body().title) == (version, title)
    there = {}
    for ref in load.coupons:
        after, ordinals = 0, []
        while page := store.claims(ref, after=after, limit=1000):
            there.update({receipt.id: receipt for receipt in page})
            ordinals += [receipt.ordinal for receipt in page]
            after = page[-1].ordinal
        assert len(set(ordinals)) == len(ordinals)
        quota = store.quota(ref)
        assert quota is not None
        assert quota.used == len(ordinals) <= (quota.max or 0)
    for receipt in load.granted.values():
        assert there[receipt["id"]].ordinal == receipt["ordinal"]
    assert len({receipt["id"] for receipt in load.granted.values()}) == len(load.granted)
    assert not load.granted.keys() & load.refused
    counted = sum(count.n for count in store.stats(load.coupons[0]) if count.rel == "about")
    assert load.scans <= counted <= load.maybe_scans
    assert load.events == list(range(1, len(load.events) + 1))
