"""What a merchant learns from scans: how many, where, when. Not who: no address, no device, nothing to erase later.

Phones count by themselves and report in batches; a lost report loses counts, never privacy.
"""

from collections import Counter
from datetime import datetime, timedelta, timezone

from qrcore.records import AuthorityPolicy, Resolver, SqlStore, StoreSource, Trust


def main() -> None:
    store = SqlStore("sqlite://", authority="q.shop.example")
    app = Resolver(Trust({"q.shop.example": AuthorityPolicy()}), StoreSource(store))
    places = [{"label": label} for label in ("Door", "Window", "Bus stop")]
    body = {"title": "Opening sale", "links": [{"href": "https://shop.example/sale"}]}
    poster = store.create({"body": body, "aliases": places})
    door, window, stop = (url for _, url in poster.aliases)

    morning = datetime(2026, 11, 22, 8, tzinfo=timezone.utc)
    app.report([
        (door, "about", morning, 12),
        (stop, "about", morning + timedelta(minutes=40), 31),
        (stop, "about", morning + timedelta(hours=1), 18),
        (window, "about", morning + timedelta(hours=9), 4),
        (door, "about", morning + timedelta(hours=9, minutes=59), 7),
    ])  # fmt: skip

    counts = store.stats(poster.ref)
    by_place: Counter[str] = Counter()
    by_hour: Counter[int] = Counter()
    for count in counts:
        by_place[count.label] += count.n
        by_hour[count.hour.hour] += count.n
    for place, n in by_place.most_common():
        print(f"{place:10}{n:4} {'#' * n}")
    for hour, n in sorted(by_hour.items()):
        print(f"{hour:02}:00     {n:4} {'#' * n}")
    print("before noon:", sum(c.n for c in store.stats(poster.ref, until=morning + timedelta(hours=4))))
    store.close()


if __name__ == "__main__":
    main()
