"""The store, the same on SQLite and PostgreSQL: write, read, history, tombstones, aliases, GS1 keys, counts, feed."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from records.given import code_of

from qrcore.errors import OptionError, UsageError
from qrcore.records import Body, ResolveError, SqlStore, WriteError, code_url, new_ref, new_secret, seal_body
from qrcore.records.errors import AuthError, RecordError, StoreError
from qrcore.records.store import State

GTIN = "/01/09506000134352"


def page(name: str = "menu") -> dict[str, Any]:
    return {"title": name, "links": [{"href": f"https://shop.example/{name}"}]}


def test_a_record_is_created_read_and_rewritten(store: SqlStore) -> None:
    made = store.create(page())
    assert (made.version, made.url) == (1, code_url("q.example", made.ref))
    assert store.put(made.ref, page("lunch"), 1) == 2
    found = store.get(made.url)
    assert (found.version, found.text, found.state) == (2, made.ref, State.LIVE)
    assert found.read_body() == Body.parse(page("lunch"))


def test_a_write_names_the_version_that_it_replaces(store: SqlStore) -> None:
    ref = store.create(page()).ref
    assert code_of(lambda: store.put(ref, page("a"), None)) == "write.precondition_required"
    assert code_of(lambda: store.put(ref, page("a"), 2)) == "write.precondition"
    store.put(ref, page("a"), 1)
    assert code_of(lambda: store.put(ref, page("b"), 1)) == "write.precondition"
    assert store.get(ref).version == 2


def test_history_is_complete_and_the_past_can_be_read(store: SqlStore) -> None:
    ref = store.using(author="ann").create(page("v1")).ref
    between = datetime.now(timezone.utc)
    time.sleep(0.01)
    store.using(author="bob").put(ref, page("v2"), 1)
    versions = store.history(ref)
    assert [(v.version, v.author, v.read_body().title) for v in versions] == [(1, "ann", "v1"), (2, "bob", "v2")]
    assert versions[0].sha256 == hashlib.sha256(versions[0].body or b"").digest()
    assert store.history(ref, after=1) == versions[1:]
    assert store.get(ref, at=between).read_body().title == "v1"
    assert store.get(ref, at=1).version == 1
    assert store.get_many([ref], at=between - timedelta(days=1)) == [None]
    assert store.get_many([ref], at=3) == [None]


def test_a_rollback_is_a_new_version(store: SqlStore) -> None:
    ref = store.create(page("good")).ref
    store.put(ref, page("bad"), 1)
    assert store.rollback(ref, 1, 2) == 3
    assert store.get(ref).read_body().title == "good"
    assert [v.version for v in store.history(ref)] == [1, 2, 3]


def test_a_sealed_record_is_not_rolled_back_by_the_server(store: SqlStore) -> None:
    ref, secret = new_ref(), new_secret()
    bodies = [seal_body(page(), authority="q.example", ref=ref, version=v, secret=secret) for v in (1, 2)]
    store.create({"ref": ref, "body": bodies[0]})
    store.put(ref, {"body": bodies[1]}, 1)
    assert code_of(lambda: store.rollback(ref, 1, 2)) == "write.sealed_rollback"
    assert code_of(lambda: store.put(ref, {"body": bodies[0]}, 2)) == "write.sealed_rollback"
    assert store.get(ref).version == 2


def test_a_retired_record_is_a_tombstone_and_its_reference_is_never_reused(store: SqlStore) -> None:
    ref = store.create(page()).ref
    store.retire(ref, if_version=1)
    found = store.get(ref)
    assert found.is_gone
    assert store.history(ref)[0].body is not None
    assert code_of(lambda: store.put(ref, page(), 1)) == "resolve.gone"
    assert code_of(lambda: store.create({"ref": ref, "body": page()})) == "write.conflict"


def test_erasing_removes_bodies_hashes_and_claimants_and_keeps_version_numbers(store: SqlStore) -> None:
    made = store.create({"body": page(), "quota": {"max": 5}, "aliases": [{"label": "Ann's desk"}]})
    store.claim(made.ref, key="k", claimant="ann")
    store.put(made.ref, page("again"), 1)
    store.retire(made.ref, erase=True)
    assert store.get(made.ref).body is None
    assert [(v.version, v.body, v.sha256) for v in store.history(made.ref)] == [(1, None, None), (2, None, None)]
    assert [c.claimant for c in store.claims(made.ref)] == [None]
    assert store.get(made.aliases[0][1]).label == ""
    assert store.claim(made.ref, key="k", claimant="ann").ordinal == 1
    copy = "".join(store.export())
    assert "Ann" not in copy
    assert "ann" not in copy.replace("channel", "")


def test_several_printed_references_lead_to_one_record(store: SqlStore) -> None:
    made = store.create({"body": page(), "aliases": [{"label": "Table 1"}, {"label": "Table 2"}]})
    first, second = (url for _, url in made.aliases)
    assert {store.get(first).text, store.get(second).text, store.get(made.ref).text} == {made.ref}
    assert [store.get(url).label for url in (made.url, first, second)] == ["", "Table 1", "Table 2"]
    store.put(first, page("new"), 1)
    assert store.get(second).version == 2
    another = new_ref()
    store.put(made.ref, {"body": page(), "aliases": [{"label": "Table 3", "ref": another}]}, 2)
    assert store.get(another).label == "Table 3"
    assert store.get(first).label == "Table 1"


def test_records_lie_under_gs1_keys_from_the_most_to_the_least_specific(store: SqlStore) -> None:
    store.create({"body": page("product"), "gs1": [GTIN]})
    store.create({"body": page("batch"), "gs1": [GTIN + "/10/ABC"]})
    from qrcore.payload import Gs1, parse

    item = parse("https://q.example/01/09506000134352/10/ABC/21/7")
    assert isinstance(item, Gs1)
    assert [row.read_body().title for row in store.get_gs1(item)] == ["batch", "product"]
    assert code_of(lambda: store.create({"body": page(), "gs1": [GTIN]})) == "write.conflict"
    assert store.get_gs1("/01/09506000134369") == []


def test_a_retired_gs1_record_gives_its_key_back(store: SqlStore) -> None:
    made = store.create({"body": page("old"), "gs1": [GTIN]})
    store.retire(made.ref)
    store.create({"body": page("new"), "gs1": [GTIN]})
    assert [row.read_body().title for row in store.get_gs1(GTIN)] == ["new"]


def test_only_the_tenant_that_owns_a_prefix_writes_below_it(store: SqlStore) -> None:
    store.add_tenant("brand")
    store.add_authority("q.example", settings={"gs1_prefixes": {"09506000": "brand"}})
    brand = store.using(tenant="brand")
    assert code_of(lambda: store.create({"body": page(), "gs1": [GTIN]})) == "auth.scope"
    brand.create({"body": page(), "gs1": [GTIN + "/10/A"]})
    assert code_of(lambda: brand.create({"body": page(), "gs1": ["/01/04012345678901"]})) == "auth.scope"


def test_another_tenants_record_is_not_found_on_any_path(store: SqlStore) -> None:
    made = store.create({"body": page(), "quota": {"max": 1}, "aliases": [{"label": "x"}], "gs1": [GTIN]})
    receipt = store.claim(made.ref, key="k")
    store.add_tenant("other")
    other = store.using(tenant="other")
    calls: list[Callable[[], object]] = [
        lambda: other.get(made.ref),
        lambda: other.get(made.aliases[0][1]),
        lambda: other.put(made.ref, page(), 1),
        lambda: other.rollback(made.ref, 1, 1),
        lambda: other.retire(made.ref),
        lambda: other.history(made.ref),
        lambda: other.stats(made.ref),
        lambda: other.claims(made.ref),
        lambda: other.quota(made.ref),
        lambda: other.claim(made.ref, key="k2"),
        lambda: other.void(receipt.id),
        lambda: store.get(new_ref()),
    ]
    assert {code_of(call) for call in calls} == {"resolve.not_found"}
    assert other.get_gs1(GTIN) == []
    assert other.events() == []
    assert other.add_counts([(made.ref, "about", datetime.now(timezone.utc), 1)]) == 0
    assert store.using(public=True).get(made.ref).version == 1


def test_bulk_reads_keep_order_and_length_and_take_one_statement_for_a_thousand(store: SqlStore) -> None:
    made = store.create_many([page(str(i)) for i in range(1500)])
    asked = [m.ref for m in reversed(made)] + [made[0].ref, new_ref(), made[0].url]
    statements: list[str] = []
    store.get(asked[0])
    listen = lambda *args: statements.append(args[2])  # noqa: E731
    sa.event.listen(store._db.engine, "before_cursor_execute", listen)
    found = store.get_many(asked)
    sa.event.remove(store._db.engine, "before_cursor_execute", listen)
    assert len([s for s in statements if s.startswith("SELECT")]) == 2
    assert [row and row.text for row in found] == [*(m.ref for m in reversed(made)), made[0].ref, None, made[0].ref]


def test_creating_is_all_or_nothing(store: SqlStore) -> None:
    taken = store.create(page()).ref
    free = new_ref()
    records = [{"ref": free, "body": page()}, {"ref": taken, "body": page("other")}]
    assert code_of(lambda: store.create_many(records)) == "write.conflict"
    assert store.get_many([free]) == [None]
    assert code_of(lambda: store.create_many([{"ref": free, "body": page()}] * 2)) == "write.invalid"
    assert store.create_many([]) == []


def test_an_idempotency_key_makes_records_once(store: SqlStore) -> None:
    records = [{"body": page(str(i)), "aliases": [{"label": "x"}]} for i in range(3)]
    first = store.create_many(records, idempotency_key="order 7")
    store.put(first[0].ref, page("changed"), 1)
    assert store.create_many(records, idempotency_key="order 7") == first
    assert store.create_many(records, idempotency_key="order 8") != first
    assert store.using(api_key="another").create_many(records, idempotency_key="order 7") != first
    changed = [{"body": page("different")}, *records[1:]]
    assert code_of(lambda: store.create_many(changed, idempotency_key="order 7")) == "write.idempotency_mismatch"


def test_two_writers_one_wins_and_history_has_no_gap(open_store: Callable[..., SqlStore]) -> None:
    stores = [open_store(), open_store()]
    ref = stores[0].create(page("0")).ref

    def write(who: int) -> list[int]:
        won, store = [], stores[who % 2]
        for n in range(1, 13):
            with contextlib.suppress(WriteError):
                store.using(author=str(who)).put(ref, page(f"{who}"), n)
                won.append(n)
            while store.get(ref).version <= n:  # the others' turn is over
                time.sleep(0.001)
        return won

    with ThreadPoolExecutor(4) as pool:
        wins = [n for part in pool.map(write, range(4)) for n in part]
    assert sorted(wins) == list(range(1, 13))
    assert [v.version for v in stores[1].history(ref)] == list(range(1, 14))


def test_scans_are_counted_by_place_relation_and_hour(store: SqlStore) -> None:
    made = store.create({"body": page(), "aliases": [{"label": "Door"}]})
    hour = datetime(2026, 11, 22, 9, tzinfo=timezone.utc)
    door = made.aliases[0][1]
    scans = [(made.ref, "about", hour, 2), (door, "about", hour + timedelta(minutes=59), 3), (door, "pay", hour, 1)]
    assert store.add_counts([*scans, (new_ref(), "about", hour, 9)]) == 6
    store.add_counts([(door, "about", hour + timedelta(hours=1), 5), (door, "about", hour, 1)])
    found = [(c.label, c.rel, c.hour.hour, c.n) for c in store.stats(made.ref)]
    assert found == [("", "about", 9, 2), ("Door", "about", 9, 4), ("Door", "pay", 9, 1), ("Door", "about", 10, 5)]
    assert [c.n for c in store.stats(door, since=hour + timedelta(hours=1))] == [5]
    assert sum(c.n for c in store.stats(made.ref, until=hour + timedelta(hours=1))) == 7


def test_counts_of_many_shards_add_up(open_store: Callable[..., SqlStore]) -> None:
    store = open_store(count_shards=4)
    ref = store.create(page()).ref
    now = datetime.now(timezone.utc)
    for _ in range(20):
        store.add_counts([(ref, "about", now, 1)])
    assert sum(count.n for count in store.stats(ref)) == 20


def test_the_feed_tells_everything_once_in_order(store: SqlStore) -> None:
    made = store.create({"body": page(), "quota": {"max": 3}})
    store.put(made.ref, page("x"), 1)
    receipt = store.claim(made.ref, key="k", claimant="secret person")
    store.void(receipt.id)
    store.retire(made.ref)
    events = store.events()
    assert [event.kind for event in events] == ["created", "updated", "claimed", "voided", "retired"]
    assert [event.seq for event in events] == [1, 2, 3, 4, 5]
    assert {event.ref for event in events} == {made.ref}
    assert store.events(3, limit=1) == events[3:4]
    assert "secret person" not in repr(events)


def test_a_full_copy_moves_between_stores(store: SqlStore, tmp_path: Any) -> None:
    made = store.create(
        {
            "body": page() | {"title": "Tür"},
            "quota": {"max": 3, "reveal": ["a"]},
            "aliases": [{"label": "A"}],
            "gs1": [GTIN],
        }
    )
    store.claim(made.ref, key="k", claimant="ann")
    store.add_counts([(made.ref, "about", datetime.now(timezone.utc), 5)])
    token, key = store.create_key("till", ["claim"])
    lines = list(store.export())
    with SqlStore(f"sqlite:///{tmp_path}/copy.db") as copy:
        assert copy.import_(lines) == len(lines) - 2
        assert list(copy.export()) == lines
        assert copy.authority == "q.example"
        assert copy.claim(made.ref, key="k", claimant="ann").ordinal == 1
        assert copy.claim(made.ref, key="k2").ordinal == 2
        assert copy.check_key(token) == key
        with pytest.raises(UsageError):
            copy.import_(lines)


def test_a_copy_moves_from_sqlite_to_postgresql_and_back(tmp_path: Any, postgres_url: str) -> None:
    with SqlStore(f"sqlite:///{tmp_path}/a.db", authority="q.example") as a, SqlStore(postgres_url) as b:
        a.create_many([page(str(i)) for i in range(2100)])
        a.create({"body": page(), "quota": {"max": 3}, "aliases": [{"label": "Tür"}], "gs1": [GTIN]})
        lines = list(a.export())
        b.migrate()
        b.import_(lines)
        assert sorted(b.export()) == sorted(lines)
        with SqlStore(f"sqlite:///{tmp_path}/c.db") as c:
            c.import_(b.export())
            assert list(c.export()) == lines


@pytest.mark.parametrize(
    "spoil",
    [lambda x: x[:-1], lambda x: x[:5] + x[6:], lambda x: x[1:], lambda x: [*x, x[-2]], lambda x: [*x[:3], "{"]],
)
def test_a_torn_copy_is_refused_whole(spoil: Callable[[list[str]], list[str]], tmp_path: Any) -> None:
    with SqlStore("sqlite://", authority="q.example") as store:
        store.create_many([page(str(i)) for i in range(5)])
        lines = list(store.export())
    with SqlStore(f"sqlite:///{tmp_path}/copy.db") as copy:
        assert code_of(lambda: copy.import_(spoil(lines))) == "write.invalid"
        assert copy.authorities() == []


def test_keys_are_kept_as_hashes_and_expire(store: SqlStore) -> None:
    token, kept = store.create_key("till 1", ["claim", "read"])
    assert store.check_key(token) == kept
    assert store.check_key(token + "x") is None
    old, _ = store.create_key("old", ["read"], expiry=datetime.now(timezone.utc) - timedelta(seconds=1))
    assert store.check_key(old) is None
    assert token not in "".join(store.export())
    store.revoke_key(kept.id)
    assert store.check_key(token) is None
    with pytest.raises(OptionError):
        store.create_key("x", ["everything"])


def test_an_unknown_authority_is_not_found(store: SqlStore) -> None:
    store.create(page())
    assert code_of(lambda: store.using(authority="p.example")) == "resolve.not_found"
    assert code_of(lambda: store.get(f"https://p.example/C/{new_ref()}")) == "resolve.not_found"
    with pytest.raises(AuthError):
        store.using(public=True).create(page())


def test_a_store_with_one_authority_need_not_be_told_which(open_store: Callable[..., SqlStore]) -> None:
    made = open_store().create(page())
    assert open_store(authority=None).get(made.ref).version == 1


def test_a_new_store_must_be_told_its_authority() -> None:
    with SqlStore("sqlite://") as store, pytest.raises(OptionError, match="which authority"):
        store.create(page())


def test_a_database_of_another_version_is_not_touched(open_store: Callable[..., SqlStore]) -> None:
    store = open_store()
    store.create(page())
    with store._db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="migrate"):
        open_store().get(new_ref())


def test_postgresql_without_tables_says_how_to_make_them(postgres_url: str) -> None:
    with (
        SqlStore(postgres_url, authority="q.example") as store,
        pytest.raises(StoreError, match="qrcore record migrate"),
    ):
        store.create(page())


def test_a_server_that_is_not_there_is_store_unavailable() -> None:
    with SqlStore("postgresql://nobody:geheim@127.0.0.1:1/x", authority="q.example") as store:
        assert "geheim" not in repr(store)
        with pytest.raises(StoreError) as caught:
            store.get(new_ref())
        assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense://x", "http://example.com", "://"])
def test_a_url_that_is_no_database_is_an_option_error(url: str) -> None:
    with pytest.raises(OptionError):
        SqlStore(url)


def test_references_of_other_kinds_are_not_found_or_refused(store: SqlStore) -> None:
    store.create(page())
    with pytest.raises(ResolveError):
        store.get(bytes(10))
    with pytest.raises(RecordError):
        store.get("hello")
