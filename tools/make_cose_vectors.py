"""Writes `tests/records/vectors/*.json`: sealed and signed messages of two other implementations of COSE.

    python tools/make_cose_vectors.py qrcore              # where qrcore[records] is installed
    python tools/make_cose_vectors.py cwt                 # where cwt is, with cbor2<6
    python tools/make_cose_vectors.py pycose              # where pycose is, with cbor2<6

The first writes what qrcore writes, into build/. Each of the others opens all of that, fails if one message does not
open, and writes the same bodies in its own way: qrcore's tests open them, and write them to the byte. They need an
older cbor2 than qrcore reads health certificates with, so they live in an environment of their own, and files of hex go
between.

Everything is fixed (keys, nonces, bodies), so that the files change only when a format does. The keys are no secrets.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OURS = ROOT / "build" / "cose" / "qrcore.json"
FOLDER = ROOT / "tests" / "records" / "vectors"
A256GCM, CHACHA20_POLY1305, EDDSA = 3, 24, -8
CONTEXTS = (
    ("", "", 0),
    ("q.example", "0123456789ABCDEF", 1),
    ("q.example:8443", "ZZZZZZZZZZZZZZZZ", 23),
    ("a.b.c.example", "00000000000000G0", 24),
    ("q.example", "0123456789ABCDEF", 65536),
)
SIZES = (0, 6, 7, 24, 64, 239, 240, 300)
KIDS = ("00", "0102", "0102030405060708")


def fixed(name: str, size: int) -> bytes:
    """Bytes that follow from a name."""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(f"{name}/{len(out)}".encode()).digest()
    return out[:size]


def cases() -> Iterator[dict[str, Any]]:
    """What is to be written, without the message."""
    for alg in (A256GCM, CHACHA20_POLY1305, EDDSA):
        for i, (authority, ref, version) in enumerate(CONTEXTS):
            for j, size in enumerate(SIZES):
                name = f"{alg}/{i}/{size}"
                yield {
                    "name": name,
                    "alg": alg,
                    "kid": "" if alg == EDDSA else KIDS[(i + j) % len(KIDS)],
                    "key": fixed(f"key {alg}", 32).hex(),
                    "iv": fixed(name, 12).hex(),
                    "context": ["sign" if alg == EDDSA else "enc", authority, ref, version],
                    "body": fixed(f"body {size}", size).hex(),
                }


def write(path: Path, entries: list[dict[str, Any]]) -> None:
    """One entry a line, so that a change can be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    path.write_text(f"[\n{lines}\n]\n")
    print(f"{path.stem}: {len(entries)} messages")


def of_qrcore() -> None:
    """What qrcore writes."""
    from qrcore.records import Context, Key, sign
    from qrcore.records.cose import _seal

    entries = []
    for case in cases():
        context, body = Context(*case["context"]), bytes.fromhex(case["body"])
        if case["alg"] == EDDSA:
            key = Key.signing(bytes.fromhex(case["key"]))
            case |= {"kid": key.kid.hex(), "public": key.public_bytes.hex()}
            message = sign(body, key=key, context=context)
        else:
            key = Key.encryption(bytes.fromhex(case["kid"]), bytes.fromhex(case["key"]), alg=case["alg"])
            message = _seal(body, key, context, bytes.fromhex(case["iv"]))
        entries.append(case | {"message": message.hex()})
    write(OURS, entries)


def external_aad(case: dict[str, Any]) -> bytes:
    """The additional data, by the CBOR library of the other side."""
    import cbor2

    use, authority, ref, version = case["context"]
    return cbor2.dumps(["qrcore/1", use, authority, ref, version])


def of_cwt() -> None:
    """Opens qrcore's with cwt, and writes cwt's."""
    from cwt import COSE, COSEKey

    entries = []
    for case in json.loads(OURS.read_text()):
        kid, body = bytes.fromhex(case["kid"]), bytes.fromhex(case["body"])
        raw = {1: 1, -1: 6, -2: bytes.fromhex(case.get("public", "")), -4: bytes.fromhex(case["key"])}
        if case["alg"] != EDDSA:
            raw = {1: 4, -1: bytes.fromhex(case["key"])}
        key = COSEKey.new(raw | {2: kid, 3: case["alg"]})
        aad = external_aad(case)
        opened = COSE.new().decode(bytes.fromhex(case["message"]), [key], external_aad=aad)
        if opened != body:
            raise SystemExit(f"cwt does not open {case['name']}")
        protected = {1: case["alg"], 4: kid}
        unprotected = {} if case["alg"] == EDDSA else {5: bytes.fromhex(case["iv"])}
        message = COSE.new().encode(body, key, protected=protected, unprotected=unprotected, external_aad=aad)
        entries.append(case | {"message": message.hex()})
    write(FOLDER / "cwt.json", entries)


def of_pycose() -> None:
    """Opens qrcore's with pycose, and writes pycose's. It has no ChaCha20/Poly1305."""
    from pycose.algorithms import A256GCM as GCM
    from pycose.algorithms import EdDSA
    from pycose.headers import IV, KID, Algorithm
    from pycose.keys import OKPKey, SymmetricKey
    from pycose.keys.curves import Ed25519
    from pycose.messages import CoseMessage, Enc0Message, Sign1Message

    entries = []
    for case in json.loads(OURS.read_text()):
        if case["alg"] == CHACHA20_POLY1305:
            continue
        signed = case["alg"] == EDDSA
        kid, body, secret = (bytes.fromhex(case[name]) for name in ("kid", "body", "key"))
        key = OKPKey(crv=Ed25519, x=bytes.fromhex(case["public"]), d=secret) if signed else SymmetricKey(k=secret)
        message = CoseMessage.decode(bytes.fromhex(case["message"]))
        message.key, message.external_aad = key, external_aad(case)
        if signed and not (message.verify_signature() and (message.payload or b"") == body):
            raise SystemExit(f"pycose does not verify {case['name']}")
        if not signed and message.decrypt() != body:
            raise SystemExit(f"pycose does not open {case['name']}")
        protected = {Algorithm: EdDSA if signed else GCM, KID: kid}
        if signed:
            made = Sign1Message(phdr=protected, uhdr={}, payload=body)
        else:
            made = Enc0Message(phdr=protected, uhdr={IV: bytes.fromhex(case["iv"])}, payload=body)
        made.key, made.external_aad = key, external_aad(case)
        entries.append(case | {"message": made.encode().hex()})
    write(FOLDER / "pycose.json", entries)


if __name__ == "__main__":
    if sys.argv[1:] not in (["qrcore"], ["cwt"], ["pycose"]):
        raise SystemExit(__doc__)
    {"qrcore": of_qrcore, "cwt": of_cwt, "pycose": of_pycose}[sys.argv[1]]()
