"""Writes `tests/page/vectors/codes.json`: what follows from the secret of a sealed code, for the page's own scripts.

    python tests/page/code_vectors.py

Everything is fixed (secrets, nonces, bodies), so that the file changes only when a format does. No secret is one.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from qrcore.records import Body, Context, claim_token, code_key, code_url, token_hash
from qrcore.records.cose import _seal

FILE = Path(__file__).resolve().parent / "vectors" / "codes.json"
LINK = {"href": "https://shop.example/menu?table={label}", "title": "Menu"}
CODES = (
    ("q.example", "0123456789ABCDEF", 1, {"title": "Menu", "links": [LINK], "default": 0}),
    (
        "q.example",
        "0123456789ABCDEF",
        2,
        {"title": "菜单 \U0001f35c", "links": [LINK, {**LINK, "hreflang": ["zh-CN"]}]},
    ),
    ("q.example:8443", "ZZZZZZZZZZZZZZZZ", 24, {"data": {"vcard": "BEGIN:VCARD\r\nFN:Ann\r\nEND:VCARD\r\n", "n": 7}}),
    ("a-b.c.example", "00000000000000G0", 256, {"links": [{"rel": "payment", "href": "tel:+4930", "type": "a/b"}]}),
    (
        "localhost:8000",
        "9Z8Y7X6W5V4T3S2R",
        65536,
        {"title": "x" * 300, "links": [{**LINK, "fwqs": False}], "default": None},
    ),
    ("q.example", "0000000000000000", 2**32, {}),
)


def fixed(name: str, size: int) -> bytes:
    """Bytes that follow from a name."""
    return hashlib.sha256(name.encode()).digest()[:size]


def vectors() -> list[dict[str, Any]]:
    """One entry a code."""
    out = []
    for i, (authority, ref, version, body) in enumerate(CODES):
        secret, iv, encoded = fixed(f"secret {i}", 16), fixed(f"iv {i}", 12), Body.parse(body).encode()
        token = claim_token(secret, authority, ref)
        context = Context("enc", authority, ref, version)
        entry = {
            "secret": secret, "iv": iv, "encoded": encoded, "token": token, "token_hash": token_hash(token),
            "message": _seal(encoded, code_key(secret, authority, ref), context, iv),
        }  # fmt: skip
        link = code_url(authority, ref, secret)
        out.append({"authority": authority, "ref": ref, "version": version, "link": link, "body": body})
        out[-1] |= {name: value.hex() for name, value in entry.items()}
    return out


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1) + "\n")
