"""The store against a model in plain dictionaries, under random sequences of calls, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from qrcore.records import Body, SqlStore, new_ref
from qrcore.records.errors import RecordError
from qrcore.records.store import State

titles = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=8)
claimants = st.sampled_from(["ann", "bob", None])


class Model:
    """What a record is, as the specification says it."""

    def __init__(self, title: str, quota: dict[str, Any] | None, aliases: int) -> None:
        self.bodies: list[str | None] = [title]
        self.quota = quota
        self.used = self.issued = 0
        self.state = State.LIVE if quota is None else State.LIMITED
        self.claims: dict[str, dict[str, Any]] = {}


class StoreMachine(RuleBasedStateMachine):
    """Every call is made on the store and on the model, which must agree about its outcome."""

    store: SqlStore
    refs = Bundle("refs")

    @initialize()
    def begin(self) -> None:
        self.models: dict[str, Model] = {}
        self.names: dict[str, str] = {}
        self.events = self.last_event = len(self.all_events())

    def all_events(self) -> list[Any]:
        found: list[Any] = []
        while page := self.store.events(len(found), limit=1000):
            found += page
        return found

    def outcome(self, call: Any) -> Any:
        try:
            return call()
        except RecordError as error:
            return error.code

    @rule(
        target=refs,
        title=titles,
        most=st.none() | st.integers(1, 3),
        each=st.none() | st.integers(1, 2),
        aliases=st.integers(0, 2),
    )
    def create(self, title: str, most: int | None, each: int | None, aliases: int) -> Any:
        quota = None if most is None and each is None else {"max": most, "per_claimant": each}
        envelope: dict[str, Any] = {"body": {"title": title}, "aliases": [{"label": str(i)} for i in range(aliases)]}
        made = self.store.create(envelope | ({} if quota is None else {"quota": quota}))
        self.models[made.ref] = Model(title, quota, aliases)
        self.events += 1
        names = [made.ref, *(url[-16:] for _, url in made.aliases)]
        self.names.update(dict.fromkeys(names, made.ref))
        return multiple(*names)

    @rule(name=refs, title=titles, off=st.integers(-1, 1))
    def put(self, name: str, title: str, off: int) -> None:
        model = self.models[self.names[name]]
        version = len(model.bodies) + off
        got = self.outcome(lambda: self.store.put(name, {"title": title}, version))
        if model.state >= State.RETIRED:
            assert got == "resolve.gone"
        elif off:
            assert got == "write.precondition"
        else:
            model.bodies.append(title)
            self.events += 1
            assert got == len(model.bodies)

    @rule(name=refs, data=st.data())
    def rollback(self, name: str, data: st.DataObject) -> None:
        model = self.models[self.names[name]]
        to = data.draw(st.integers(1, len(model.bodies) + 1))
        got = self.outcome(lambda: self.store.rollback(name, to, len(model.bodies)))
        if to > len(model.bodies):
            assert got == "resolve.not_found"
        elif model.state >= State.RETIRED:
            assert got == "resolve.gone"
        else:
            model.bodies.append(model.bodies[to - 1])
            self.events += 1
            assert got == len(model.bodies)

    @rule(name=refs, erase=st.booleans())
    def retire(self, name: str, erase: bool) -> None:
        model = self.models[self.names[name]]
        self.store.retire(name, erase=erase)
        before = model.state
        model.state = State.ERASED if erase or before == State.ERASED else State.RETIRED
        self.events += before != model.state
        if erase:
            model.bodies = [None] * len(model.bodies)
            for claim in model.claims.values():
                claim["claimant"] = None
                claim["erased"] = True

    @rule(name=refs, key=st.sampled_from(["a", "b", "c", "d", "e"]), claimant=claimants, qty=st.integers(1, 2))
    def claim(self, name: str, key: str, claimant: str | None, qty: int) -> None:
        ref = self.names[name]
        model = self.models[ref]
        key = f"{ref}/{key}"
        got = self.outcome(lambda: self.store.claim(name, key=key, claimant=claimant, qty=qty))
        old = model.claims.get(key)
        if old is not None:
            same = (old["name"], old["asked"], old["qty"]) == (name, claimant, qty)
            assert (
                got == "write.idempotency_mismatch"
                if not (same or old.get("erased"))
                else got.ordinal == old["ordinal"]
            )
            return
        quota = model.quota
        if model.state != State.LIMITED or quota is None:
            assert got == "claim.closed"
        elif quota["max"] is not None and model.used + qty > quota["max"]:
            assert got == "claim.exhausted"
        elif quota["per_claimant"] is not None and (
            claimant is None or self.had(model, claimant) + qty > quota["per_claimant"]
        ):
            assert got == "claim.per_claimant"
        else:
            model.used += qty
            model.issued += qty
            self.events += 1
            ordinal = model.issued - qty + 1
            model.claims[key] = {
                "name": name,
                "asked": claimant,
                "claimant": claimant,
                "qty": qty,
                "ordinal": ordinal,
                "void": False,
            }
            assert got.ordinal == ordinal

    def had(self, model: Model, claimant: str) -> int:
        return sum(c["qty"] for c in model.claims.values() if c["claimant"] == claimant and not c["void"])

    @rule(name=refs, data=st.data())
    def void(self, name: str, data: st.DataObject) -> None:
        model = self.models[self.names[name]]
        if not model.claims:
            return
        key = data.draw(st.sampled_from(sorted(model.claims)))
        claim = model.claims[key]
        receipt = next(c for c in self.store.claims(name) if c.ordinal == claim["ordinal"])
        self.store.void(receipt.id)
        if not claim["void"]:
            claim["void"] = True
            model.used -= claim["qty"]
            self.events += 1

    @rule(name=refs)
    def read(self, name: str) -> None:
        model = self.models[self.names[name]]
        found = self.store.get(name)
        assert (found.text, found.version, found.state) == (self.names[name], len(model.bodies), model.state)
        expected = model.bodies[-1]
        assert found.body == (None if expected is None else Body(title=expected).encode())
        assert [v.body and v.read_body().title for v in self.store.history(name)] == model.bodies
        quota = self.store.quota(name)
        assert (quota and (quota.used, quota.issued)) == (model.quota and (model.used, model.issued))
        claims = {c.ordinal: (c.claimant, c.voided_at is not None) for c in self.store.claims(name)}
        assert claims == {c["ordinal"]: (c["claimant"], c["void"]) for c in model.claims.values()}

    @invariant()
    def all_are_found_in_order_and_nothing_else(self) -> None:
        if not hasattr(self, "names"):
            return
        asked = [*self.names, new_ref()]
        found = self.store.get_many(asked)
        assert [row and row.text for row in found] == [*self.names.values(), None]

    def teardown(self) -> None:
        if hasattr(self, "names"):
            events = self.all_events()
            assert [event.seq for event in events] == list(range(1, self.events + 1))


def _run(store: SqlStore, examples: int, steps: int) -> None:
    machine = type("Machine", (StoreMachine,), {"store": store})
    options = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=options)


def test_the_store_is_what_the_model_says(store: SqlStore) -> None:
    _run(store, 6, 25)


@pytest.mark.deep
def test_the_store_is_what_the_model_says_at_length(store: SqlStore) -> None:
    _run(store, 150, 50)
    print("150 histories of up to 50 steps")
