"""A business card that stays right: the printed code never changes, the vCard behind it does, and can be erased.

The card is sealed: only who holds the printed card can read it, the server cannot.
"""

from qrcore.payload import Contact, parse
from qrcore.records import (
    AuthorityPolicy,
    ResolveError,
    Resolver,
    SqlStore,
    StoreSource,
    Trust,
    make_code,
    new_ref,
    new_secret,
    seal_body,
)

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Example;Ann\r\nFN:Ann Example\r\nTITLE:{title}\r\nTEL:{tel}\r\nEND:VCARD\r\n"


def main() -> None:
    store = SqlStore("sqlite://", authority="me.example")
    anyone = Resolver(Trust({"me.example": AuthorityPolicy()}), StoreSource(store))
    ref, secret = new_ref(), new_secret()

    def sealed(version: int, **fields: str) -> dict[str, object]:
        body = {"title": "Ann Example", "data": {"vcard": CARD.format(**fields)}}
        return {"body": seal_body(body, authority="me.example", ref=ref, version=version, secret=secret)}

    card = store.create({"ref": ref, **sealed(1, title="Engineer", tel="+49301")})
    code = make_code(card.url, secret=secret)
    print("printed, version", code.version)

    def read() -> Contact:
        found = parse(anyone.resolve(code.text).data["vcard"])
        assert isinstance(found, Contact)
        return found

    print("first:", read().title, read().phones[0].value)
    store.put(ref, sealed(2, title="Director", tel="+49302"), if_version=1)
    print("later:", read().title, read().phones[0].value)
    print("what the server holds:", sorted(store.get(ref).read_body().to_json()))

    store.retire(ref, erase=True)
    try:
        read()
    except ResolveError as error:
        print("erased:", error.code, [v.body for v in store.history(ref)])
    store.close()


if __name__ == "__main__":
    main()
