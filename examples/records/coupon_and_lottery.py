"""A poster with 50 prizes among 100 draws, one draw a person, and no way to draw twice by a bad connection.

The list is shuffled beforehand and stays on the server; the n-th claim is told the n-th entry. The idempotency key is
made by the phone before its first try, and used again in each retry.
"""

import random

from qrcore.records import AuthorityPolicy, ClaimError, Resolver, SqlStore, StoreSource, Trust


def main() -> None:
    store = SqlStore("sqlite://", authority="q.shop.example")
    till = Resolver(Trust({"q.shop.example": AuthorityPolicy()}), StoreSource(store))

    prizes = ["a coffee"] * 49 + ["a bicycle"] + ["nothing, thank you"] * 50
    random.SystemRandom().shuffle(prizes)
    poster = store.create({
        "body": {"title": "Autumn draw", "data": {"rules": "one draw a person"}},
        "quota": {"max": 100, "per_claimant": 1, "reveal": prizes},
    })  # fmt: skip

    receipt = till.claim(poster.url, key="phone-a/draw", claimant="ann")
    again = till.claim(poster.url, key="phone-a/draw", claimant="ann")  # the answer was lost on the way
    print("drawn once:", receipt == again)
    try:
        till.claim(poster.url, key="phone-a/draw-2", claimant="ann")
    except ClaimError as error:
        print("a second draw:", error.code)

    drawn = [receipt.reveal]
    for n in range(99):
        drawn.append(till.claim(poster.url, key=f"phone-{n}", claimant=f"person {n}").reveal)
    try:
        till.claim(poster.url, key="late", claimant="late")
    except ClaimError as error:
        print("the 101st:", error.code)
    print("bicycles:", drawn.count("a bicycle"), "coffees:", drawn.count("a coffee"))
    print("as shuffled:", drawn == prizes)
    store.close()


if __name__ == "__main__":
    main()
