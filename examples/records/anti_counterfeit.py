"""Is it genuine? A signed serial number that nobody can forge, and a first scan that happens once.

Forging is ruled out offline, by the maker's signature. Copying is not: a copy of a genuine code verifies too. So each
item has a record that can be claimed once, by the token that follows from the secret in its code. Whoever comes second
learns that somebody was there before.
"""

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
    claim_token,
    code_url,
    make_code,
    new_ref,
    new_secret,
    seal_body,
    sign_offline,
    token_hash,
)


def main() -> None:
    maker = Key.signing()
    store = SqlStore("sqlite://", authority="g.maker.example")

    # At the factory: a record for the item, sealed by its own secret, claimable once with the token of that secret.
    ref, secret = new_ref(), new_secret()
    item = {"title": "Watch 2000", "data": {"serial": "W2000-17"}}
    body = seal_body(item, authority="g.maker.example", ref=ref, version=1, secret=secret, signer=maker)
    kept = token_hash(claim_token(secret, "g.maker.example", ref))
    store.create({"ref": ref, "body": body, "quota": {"max": 1, "token": kept}})
    outside = make_code(sign_offline("qrcore/ref", code_url("g.maker.example", ref, secret).encode(), key=maker))
    print("on the item, version", outside.version)

    # In the shop: the app knows the maker's public key, and nothing else.
    policy = AuthorityPolicy(keys=Keyring([maker.public_half()]), require_signed=True)
    app = Resolver(Trust({"g.maker.example": policy}), StoreSource(store.using(public=True)))
    found = app.resolve(parse(outside.text))
    print("genuine:", found.title, found.data["serial"], "signed by", found.verified.hex())

    link = code_url("g.maker.example", ref, secret)
    receipt = app.claim(link, key="phone of the first buyer", claimant="phone 1")
    print("first scan:", receipt.ordinal == 1)
    try:
        app.claim(link, key="phone of the second buyer", claimant="phone 2")
    except ClaimError as error:
        print("second scan:", error.code)

    forged = sign_offline("qrcore/ref", link.encode(), key=Key.signing())
    try:
        app.resolve(parse(forged))
    except SealError as error:
        print("forged:", error.code)
    store.close()


if __name__ == "__main__":
    main()
