"""A shop's single code: information, benefits, services, ordering, paying; and one alias a table.

Every table has a code of its own, printed once. All lead to one record, so a changed menu is one write; the label says
which table it was, and fills the order link.
"""

from qrcore.records import AuthorityPolicy, Resolver, SqlStore, StoreSource, Trust


def main() -> None:
    store = SqlStore("sqlite://", authority="q.cafe.example")
    resolver = Resolver(Trust({"q.cafe.example": AuthorityPolicy()}), StoreSource(store))

    site = "https://cafe.example"
    links = [
        {"rel": "about", "href": f"{site}/", "title": "About us", "hreflang": ["en"]},
        {"rel": "about", "href": f"{site}/zh", "title": "关于我们", "hreflang": ["zh"]},
        {"rel": "https://cafe.example/rel/benefits", "href": f"{site}/points", "title": "Points and coupons"},
        {"rel": "service", "href": "tel:+4930123456", "title": "Call a waiter"},
        {"rel": "https://cafe.example/rel/order", "href": f"{site}/order?table={{label}}", "title": "Order"},
        {"rel": "payment", "href": f"{site}/pay?table={{label}}", "title": "Pay"},
    ]
    tables = [{"label": f"Table {n}"} for n in (1, 2, 3)]
    shop = store.create({"body": {"title": "Café Example", "links": links, "default": 0}, "aliases": tables})
    print("at the door:", shop.url)
    for label, url in shop.aliases:
        print(f"{label}: {url}")

    scanned = resolver.resolve(shop.aliases[1][1], rel="https://cafe.example/rel/order")
    print("ordering at", scanned.label, "opens", scanned.chosen.href)
    print("paying opens", scanned.choose("payment").href)
    print("in Chinese:", scanned.choose("about", "zh-CN").title)

    links[4]["href"] = f"{site}/order/closed?table={{label}}"
    store.put(shop.ref, {"title": "Café Example", "links": links, "default": 0}, if_version=1)
    print("after closing:", resolver.resolve(shop.aliases[2][1], rel="https://cafe.example/rel/order").chosen.href)
    store.close()


if __name__ == "__main__":
    main()
