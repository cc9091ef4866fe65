"""Claims and events through the API."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from service.conftest import AUTHORITY, problem
from starlette.testclient import TestClient

from qrcore.records import Limits, SqlStore, claim_token, new_ref, new_secret, seal_body, token_hash


def limited(store: SqlStore, **quota: Any) -> str:
    return store.create({"body": {"title": "coupon"}, "quota": {"max": 3, **quota}}).ref


def claim(client: TestClient, ref: str, key: str = "k", headers: dict[str, str] | None = None, **body: Any) -> Any:
    return client.post(
        f"/v1/records/{ref}/claims", json=body, headers={"Idempotency-Key": f'"{key}"', **(headers or {})}
    )


def test_a_claim_is_granted_once_for_each_key(api: TestClient, store: SqlStore) -> None:
    ref = limited(store, reveal=["a", "b", "c"])
    first = claim(api, ref, "one", claimant="ann")
    assert first.status_code == 201
    assert first.json() | {"ordinal": 1, "reveal": "a", "claimant": "ann", "ref": ref} == first.json()
    assert claim(api, ref, "one", claimant="ann").json() == first.json()
    assert problem(claim(api, ref, "one", claimant="bob")) == "write.idempotency_mismatch"
    assert claim(api, ref, "two").json()["reveal"] == "b"
    page = api.get(f"/v1/records/{ref}/claims", params={"limit": 1}).json()
    assert (page["quota"]["left"], page["next"]) == (1, 1)
    assert [c["ordinal"] for c in api.get(f"/v1/records/{ref}/claims", params={"after": 1}).json()["claims"]] == [2]


@pytest.mark.parametrize(
    ("quota", "body", "status", "code"),
    [
        ({"max": 1}, {"qty": 2}, 409, "claim.exhausted"),
        ({"per_claimant": 1}, {}, 409, "claim.per_claimant"),
        ({"per_claimant": 1}, {"claimant": "x", "qty": 2}, 409, "claim.per_claimant"),
        ({}, {"qty": 0}, 422, "write.invalid"),
        ({}, {"qty": "1"}, 422, "write.invalid"),
        ({}, {"qty": True}, 422, "write.invalid"),
        ({}, {"claimant": "x" * 256}, 422, "write.invalid"),
        ({}, {"claimant": "\x00"}, 422, "write.invalid"),
        ({}, {"who": "x"}, 422, "write.invalid"),
    ],
)
def test_what_is_not_granted_says_why(
    api: TestClient, store: SqlStore, quota: dict[str, Any], body: dict[str, Any], status: int, code: str
) -> None:
    response = claim(api, limited(store, **quota), **body)
    assert (response.status_code, problem(response)) == (status, code)


def test_a_record_without_quota_is_closed_and_a_window_says_when(api: TestClient, store: SqlStore) -> None:
    plain = store.create({"title": "x"}).ref
    assert problem(claim(api, plain)) == "claim.closed"
    ref = limited(store, per_claimant=1, window=600)
    assert claim(api, ref, "1", claimant="ann").status_code == 201
    again = claim(api, ref, "2", claimant="ann")
    assert (again.status_code, problem(again)) == (409, "claim.window")
    assert 590 < int(again.headers["retry-after"]) <= 600


def test_a_claim_without_an_idempotency_key_is_refused(api: TestClient, store: SqlStore) -> None:
    assert problem(api.post(f"/v1/records/{limited(store)}/claims", json={})) == "write.invalid"


def test_a_voided_claim_may_be_granted_again_and_the_feed_says_who_did_it(api: TestClient, store: SqlStore) -> None:
    ref = limited(store, max=1)
    receipt = claim(api, ref, "1").json()
    assert problem(claim(api, ref, "2")) == "claim.exhausted"
    voided = api.delete(f"/v1/claims/{receipt['id']}")
    assert voided.json()["voided_at"]
    assert claim(api, ref, "2").json()["ordinal"] == 2
    for_good = api.delete(f"/v1/claims/{claim(api, ref, '2').json()['id']}", params={"restore": "false"})
    assert for_good.status_code == 200
    assert problem(claim(api, ref, "3")) == "claim.exhausted"
    events = api.get("/v1/events").json()["events"]
    assert [(e["kind"], e["data"].get("by")) for e in events if e["kind"] == "voided"] == [("voided", "tests")] * 2


def test_who_holds_the_code_claims_by_its_token(client: TestClient, store: SqlStore) -> None:
    ref, secret = new_ref(), new_secret()
    body = seal_body({"title": "x"}, authority=AUTHORITY, ref=ref, version=1, secret=secret)
    token = claim_token(secret, AUTHORITY, ref)
    store.create({"ref": ref, "body": body, "quota": {"max": 1, "token": token_hash(token)}})

    def header(data: bytes) -> dict[str, str]:
        return {"Authorization": "Claim " + base64.urlsafe_b64encode(data).decode().rstrip("=")}

    refused = claim(client, ref, headers=header(bytes(16)))
    assert (refused.status_code, problem(refused)) == (403, "auth.scope")
    for broken in ("Claim", "Claim x", "Claim " + "A" * 100, "Claim ????"):
        assert problem(claim(client, ref, headers={"Authorization": broken})) == "auth.missing"
    other = store.create({"body": {"title": "x"}, "quota": {"max": 1}}).ref
    assert problem(claim(client, other, headers=header(token))) == "auth.scope"
    granted = claim(client, ref, headers=header(token))
    assert granted.status_code == 201
    assert claim(client, ref, headers=header(token)).json() == granted.json()
    assert problem(claim(client, ref, "again", headers=header(token))) == "claim.exhausted"
    assert problem(client.delete(f"/v1/claims/{granted.json()['id']}", headers=header(token))) == "auth.missing"
    assert problem(client.get(f"/v1/records/{ref}", headers=header(token))) == "auth.missing"


def test_guesses_of_tokens_and_references_are_limited_and_right_ones_are_not(
    serve: Callable[..., TestClient], store: SqlStore
) -> None:
    ref, secret = new_ref(), new_secret()
    token = claim_token(secret, AUTHORITY, ref)
    record = {"ref": ref, "body": {}, "quota": {"token": token_hash(token)}, "aliases": [{"label": "Door"}]}
    door = store.create(record).aliases[0][1].rpartition("/")[2]

    def say(token: bytes) -> dict[str, str]:
        return {"Authorization": "Claim " + base64.urlsafe_b64encode(token).decode().rstrip("=")}

    client = serve(limits=Limits(misses_per_minute=3))
    for i in range(5):  # derived from the alias: the answer says of which reference it would be right
        alias = claim(client, door, f"{i}", say(claim_token(secret, AUTHORITY, door)))
        assert (alias.status_code, alias.json()["ref"]) == (403, ref)
    guesses = [(new_ref(), token), (ref, b"x" * 16), (new_ref(), token), (ref, b"x" * 16), (new_ref(), token)]
    codes = [claim(client, where, "g", say(tried)).status_code for where, tried in guesses]
    assert codes == [404, 403, 404, 429, 429]
    assert claim(client, ref, "right", say(token)).status_code == 201


def test_of_many_at_once_as_many_are_granted_as_there_are(api: TestClient, store: SqlStore) -> None:
    ref = limited(store, max=20)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda n: claim(api, ref, f"k{n % 40}").status_code, range(80)))
    assert {*statuses} == {201, 409}
    receipts = store.claims(ref)
    assert sorted(receipt.ordinal for receipt in receipts) == list(range(1, 21))


def test_events_come_at_once_where_there_are_any(api: TestClient, store: SqlStore) -> None:
    refs = [store.create({"title": str(n)}).ref for n in range(5)]
    first = api.get("/v1/events", params={"limit": 3, "wait": 30}).json()
    rest = api.get("/v1/events", params={"after": first["next"], "wait": 30}).json()
    assert [e["ref"] for e in first["events"] + rest["events"]] == refs
    assert rest["next"] == 5


def test_a_poll_ends_when_something_happens_or_the_time_is_over(api: TestClient, store: SqlStore) -> None:
    begin = time.monotonic()
    assert api.get("/v1/events", params={"wait": 0.3}).json() == {"events": [], "next": 0}
    assert time.monotonic() - begin >= 0.3

    def later() -> None:
        time.sleep(0.3)
        assert api.post("/v1/records", json={"title": "x"}).status_code == 201

    thread = threading.Thread(target=later)
    thread.start()
    [event] = api.get("/v1/events", params={"wait": 30}).json()["events"]
    thread.join()
    assert event["kind"] == "created"
    assert event["authority"] == AUTHORITY


def test_a_poll_sees_what_another_process_writes(api: TestClient, store: SqlStore) -> None:
    thread = threading.Timer(0.2, store.create, [{"title": "x"}])
    thread.start()
    assert len(api.get("/v1/events", params={"wait": 30}).json()["events"]) == 1
    thread.join()


def test_too_many_polls_are_told_to_come_again(serve: Callable[..., TestClient], key: str) -> None:
    api = serve(key=key, limits=Limits(polls=1))
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: api.get("/v1/events", params={"wait": 1.5}), range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 503, 503]
    busy = next(answer for answer in answers if answer.status_code == 503)
    assert problem(busy) == "resolve.unavailable"
    assert busy.headers["retry-after"] == "1"


@pytest.mark.parametrize("query", ["wait=61", "wait=-1", "wait=nan", "after=-1", "after=x", "limit=0", "limit=1001"])
def test_a_poll_has_bounds(api: TestClient, query: str) -> None:
    assert problem(api.get(f"/v1/events?{query}")) == "write.invalid"
