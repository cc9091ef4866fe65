"""The shortest way round: create, print, decode, resolve, rewrite, resolve again. No server.

pip install "qrcore[records]"
python five_minutes.py
"""

import qrcore
from qrcore.records import AuthorityPolicy, Resolver, SqlStore, StoreSource, Trust, make_code

store = SqlStore("sqlite:///codes.db", authority="q.example")
record = store.create({"title": "Menu", "links": [{"href": "https://shop.example/menu"}]})
make_code(record.url).save("menu.png")

[symbol] = qrcore.decode("menu.png")
resolver = Resolver(Trust({"q.example": AuthorityPolicy()}), source=StoreSource(store))
print(symbol.text, "leads to", resolver.resolve(symbol).chosen.href)

store.put(record.ref, {"title": "Menu", "links": [{"href": "https://shop.example/winter"}]}, if_version=1)
print("and now to", resolver.resolve(symbol).chosen.href)
