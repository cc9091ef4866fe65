"""Claims: N of M, per claimant, in a window, revealed, voided, idempotent, by key and by token."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from records.given import code_of

from qrcore.records import ClaimError, SqlStore, claim_token, new_ref, new_secret, token_hash
from qrcore.records.errors import AuthError


def limited(store: SqlStore, **quota: Any) -> str:
    return store.create({"body": {"title": "coupon"}, "quota": quota}).ref


def test_so_many_are_granted_and_no_more(store: SqlStore) -> None:
    ref = limited(store, max=3)
    assert [store.claim(ref, key=str(i)).ordinal for i in range(3)] == [1, 2, 3]
    assert code_of(lambda: store.claim(ref, key="3")) == "claim.exhausted"
    state = store.quota(ref)
    assert state is not None
    assert (state.used, state.left) == (3, 0)


def test_a_retry_gets_its_receipt_whatever_has_happened_since(store: SqlStore) -> None:
    ref = limited(store, max=1)
    receipt = store.claim(ref, key="k", claimant="ann")
    assert store.claim(ref, key="k", claimant="ann") == receipt
    store.retire(ref)
    assert store.claim(ref, key="k", claimant="ann") == receipt
    assert code_of(lambda: store.claim(ref, key="other")) == "claim.closed"


def test_one_key_for_two_claims_is_a_mistake(store: SqlStore) -> None:
    ref, other = limited(store, max=5), limited(store, max=5)
    store.claim(ref, key="k", claimant="ann")
    for call in (
        lambda: store.claim(ref, key="k", claimant="bob"),
        lambda: store.claim(ref, key="k", claimant="ann", qty=2),
        lambda: store.claim(other, key="k", claimant="ann"),
    ):
        assert code_of(call) == "write.idempotency_mismatch"
    assert store.using(api_key="another till").claim(ref, key="k", claimant="bob").ordinal == 2


def test_each_claimant_gets_so_many(store: SqlStore) -> None:
    ref = limited(store, max=10, per_claimant=2)
    store.claim(ref, key="1", claimant="ann", qty=2)
    assert code_of(lambda: store.claim(ref, key="2", claimant="ann")) == "claim.per_claimant"
    assert code_of(lambda: store.claim(ref, key="3")) == "claim.per_claimant"
    assert store.claim(ref, key="4", claimant="bob").ordinal == 3
    state = store.quota(ref)
    assert state is not None
    assert state.used == 3


def test_a_window_opens_again(store: SqlStore) -> None:
    ref = limited(store, per_claimant=1, window=1)
    store.claim(ref, key="1", claimant="ann")
    with pytest.raises(ClaimError) as caught:
        store.claim(ref, key="2", claimant="ann")
    assert caught.value.code == "claim.window"
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 1
    time.sleep(1.05)
    assert store.claim(ref, key="2", claimant="ann").ordinal == 2


def test_what_has_not_begun_or_is_over_is_closed(store: SqlStore) -> None:
    now = datetime.now(timezone.utc)
    early = store.create({"body": {}, "quota": {"max": 1}, "not_before": (now + timedelta(hours=1)).isoformat()}).ref
    late = store.create({"body": {}, "quota": {"max": 1}, "not_after": (now - timedelta(hours=1)).isoformat()}).ref
    plain = store.create({"title": "no quota"}).ref
    assert code_of(lambda: store.claim(early, key="1")) == "claim.window"
    assert code_of(lambda: store.claim(late, key="2")) == "claim.closed"
    assert code_of(lambda: store.claim(plain, key="3")) == "claim.closed"
    assert code_of(lambda: store.claim(new_ref(), key="4")) == "resolve.not_found"


def test_prizes_are_revealed_in_the_order_in_which_they_were_shuffled(store: SqlStore) -> None:
    prizes = ["nothing", "a coffee", "nothing", "a bicycle"]
    ref = limited(store, max=4, reveal=prizes)
    assert [store.claim(ref, key=str(i)).reveal for i in range(4)] == prizes
    assert store.claim(ref, key="1").reveal == "a coffee"
    assert code_of(lambda: limited_claim_of_two(store)) == "write.invalid"


def limited_claim_of_two(store: SqlStore) -> object:
    return store.claim(limited(store, max=4, reveal=["a", "b", "c", "d"]), key="two", qty=2)


def test_a_voided_claim_can_be_claimed_again_and_its_number_is_not_given_twice(store: SqlStore) -> None:
    ref = limited(store, max=1, reveal=["first", "second"])
    receipt = store.claim(ref, key="1")
    voided = store.using(author="till 3").void(receipt.id)
    assert voided.voided_at is not None
    assert store.void(receipt.id).voided_at == voided.voided_at
    again = store.claim(ref, key="2")
    assert (again.ordinal, again.reveal) == (2, "second")
    assert [c.voided_at is not None for c in store.claims(ref)] == [True, False]
    assert store.events()[2].data["by"] == "till 3"


def test_a_claim_can_be_voided_for_good(store: SqlStore) -> None:
    ref = limited(store, max=1)
    store.void(store.claim(ref, key="1").id, restore=False)
    assert code_of(lambda: store.claim(ref, key="2")) == "claim.exhausted"
    assert code_of(lambda: store.void(new_ref())) == "resolve.not_found"


def test_a_voided_claim_gives_the_claimant_another(store: SqlStore) -> None:
    ref = limited(store, per_claimant=1)
    store.void(store.claim(ref, key="1", claimant="ann").id)
    assert store.claim(ref, key="2", claimant="ann").ordinal == 2


def test_who_holds_the_codes_secret_may_claim(store: SqlStore) -> None:
    ref, secret = new_ref(), new_secret()
    token = claim_token(secret, "q.example", ref)
    kept = token_hash(token)
    store.create({"ref": ref, "body": {}, "quota": {"max": 1, "token": kept}})
    stranger = store.using(public=True)
    assert code_of(lambda: stranger.claim(ref, key="1", token=b"x" * 16)) == "auth.scope"
    made = store.create({"body": {}, "quota": {"max": 1}, "aliases": [{"label": "Door"}]})
    with pytest.raises(AuthError) as refused:  # a record that no token claims has none to derive anew
        stranger.claim(made.aliases[0][1], key="1", token=token)
    assert (refused.value.code, refused.value.ref) == ("auth.scope", "")
    receipt = stranger.claim(ref, key="1", token=token)
    assert receipt.ordinal == 1
    assert stranger.claim(ref, key="1", token=token) == receipt
    assert token not in "".join(store.export()).encode()


def test_a_record_without_a_token_takes_none(store: SqlStore) -> None:
    ref = limited(store, max=1)
    assert code_of(lambda: store.claim(ref, key="1", token=b"x" * 16)) == "auth.scope"


def test_a_quota_can_be_raised_and_taken_away(store: SqlStore) -> None:
    ref = limited(store, max=1)
    store.claim(ref, key="1")
    store.put(ref, {"body": {}, "quota": {"max": 2}}, 1)
    assert store.claim(ref, key="2").ordinal == 2
    store.put(ref, {"body": {}, "quota": None}, 2)
    assert store.quota(ref) is None
    assert code_of(lambda: store.claim(ref, key="3")) == "claim.closed"


def test_an_alias_claims_from_its_record(store: SqlStore) -> None:
    made = store.create({"body": {}, "quota": {"max": 1}, "aliases": [{"label": "x"}]})
    assert store.claim(made.aliases[0][1], key="1").ref == made.ref


@pytest.mark.parametrize("qty", [0, -1])
def test_a_claim_is_for_at_least_one(store: SqlStore, qty: int) -> None:
    ref = limited(store, max=5)
    assert code_of(lambda: store.claim(ref, key="1", qty=qty)) == "write.invalid"
    assert code_of(lambda: store.claim(ref, key="")) == "write.invalid"


def test_many_threads_are_granted_exactly_the_quota(store: SqlStore) -> None:
    ref = limited(store, max=25, per_claimant=2)

    def work(who: int) -> list[int]:
        ordinals = []
        for n in range(4):
            for _ in range(2):  # each claim is retried
                with contextlib.suppress(ClaimError):
                    ordinals.append(store.claim(ref, key=f"{who}/{n}", claimant=str(who)).ordinal)
        return ordinals

    with ThreadPoolExecutor(16) as pool:
        granted = list(pool.map(work, range(16)))
    counts = Counter(ordinal for ordinals in granted for ordinal in set(ordinals))
    assert sorted(counts) == list(range(1, 26))
    assert set(counts.values()) == {1}
    assert max(len(set(ordinals)) for ordinals in granted) <= 2
    assert len(store.claims(ref)) == 25


def test_many_threads_with_one_key_are_one_claim(store: SqlStore) -> None:
    ref = limited(store, max=50)
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _: store.claim(ref, key="same"), range(24)))
    assert len(set(receipts)) == 1
    state = store.quota(ref)
    assert state is not None
    assert state.used == 1
