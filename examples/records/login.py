"""Signing in by scanning: the code on the screen can be claimed once, within a minute, and for one browser session.

The record is all that qrcore does; the session is the site's. The site makes a record for each login page, bound to a
random identifier in that browser's cookie. The phone, where the person is signed in already, asks "sign in at
site.example?" and claims. The site sees the event, reads who claimed, and lets that very session in.
"""

import secrets
from datetime import datetime, timedelta, timezone

from qrcore.records import AuthorityPolicy, ClaimError, Resolver, SqlStore, StoreSource, Trust, make_code


def main() -> None:
    store = SqlStore("sqlite://", authority="q.site.example")
    phone = Resolver(Trust({"q.site.example": AuthorityPolicy()}), StoreSource(store))

    # The browser opens the login page.
    session = secrets.token_urlsafe(16)
    soon = datetime.now(timezone.utc) + timedelta(seconds=60)
    page = store.create({
        "body": {"title": "Sign in at site.example", "data": {"session": session}},
        "quota": {"max": 1},
        "not_after": soon,
        "cache_s": 0,
    })  # fmt: skip
    print("on the screen: a code of version", make_code(page.url).version)
    cursor = store.events()[-1].seq

    # The phone shows what it is about and claims after a tap, never by merely looking.
    print("the phone asks:", phone.resolve(page.url).title + "?")
    phone.claim(page.url, key="ann's phone, tap 1", claimant="ann")

    # The site waits for the event and looks up who it was.
    [event] = store.events(after=cursor)
    [claim] = store.claims(event.ref)
    owner = store.get(event.ref).read_body().data["session"]
    print("signed in:", claim.claimant, "in this session:", owner == session)
    store.retire(page.ref, erase=True)

    try:
        phone.claim(page.url, key="mallory's phone", claimant="mallory")
    except ClaimError as error:
        print("somebody else, later:", error.code)
    store.close()


if __name__ == "__main__":
    main()
