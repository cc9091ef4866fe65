"""A ticket: readable at the gate without a network, admitted once with one, and voided.

What is printed is signed and offline: the gate sees seat and event though the net is down. Admission is a claim of the
ticket's record. A mistake is voided, and the guest admitted again; a ticket that was refunded is retired.
"""

import json

from qrcore.payload import parse
from qrcore.records import (
    AuthorityPolicy,
    ClaimError,
    Key,
    Keyring,
    Resolver,
    SealError,
    SqlStore,
    StoreSource,
    Trust,
    make_code,
    open_offline,
    sign_offline,
)

TICKET = "application/vnd.hall.ticket+json"


def main() -> None:
    box_office = Key.signing()
    store = SqlStore("sqlite://", authority="t.hall.example", author="gate 3")
    record = store.create({"body": {"title": "Seat 5"}, "quota": {"max": 1}})
    ticket = {"event": "Concert", "seat": "5", "record": record.url}
    code = make_code(sign_offline(TICKET, json.dumps(ticket, separators=(",", ":")).encode(), key=box_office))
    print("printed, version", code.version)

    ring = Keyring([box_office.public_half()])
    content = open_offline(parse(code.text), ring, type=TICKET)
    seen = json.loads(content.data)
    print("at the gate, offline:", seen["event"], "seat", seen["seat"])
    try:
        open_offline(parse(code.text), ring, type="application/vnd.hall.coupon+json")
    except SealError:
        print("as a coupon: refused")

    gate = Resolver(Trust({"t.hall.example": AuthorityPolicy(keys=ring)}), StoreSource(store))
    admitted = gate.claim(seen["record"], key="gate 3, scan 1")
    try:
        gate.claim(seen["record"], key="gate 4, scan 9")
    except ClaimError as error:
        print("a second time:", error.code)

    store.void(admitted.id)  # scanned by mistake
    print("after voiding:", gate.claim(seen["record"], key="gate 3, scan 2").ordinal)
    store.retire(record.ref)  # refunded
    try:
        gate.claim(seen["record"], key="gate 3, scan 3")
    except ClaimError as error:
        print("after a refund:", error.code)
    print("audit:", ", ".join(event.kind for event in store.events()))
    store.close()


if __name__ == "__main__":
    main()
