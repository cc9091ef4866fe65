"""Any bytes as a sealed or signed message, a certificate's claims or a batch of an authority: our errors alone, and
nothing opens that was not made with the key."""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import datetime, timezone

import atheris

with atheris.instrument_imports(include=["qrcore.records.cose", "qrcore.records.wire", "qrcore.payload"]):
    from qrcore import QRCoreError
    from qrcore.payload import hc1_cose
    from qrcore.payload.sealed import join_message, split_message
    from qrcore.records import Context, Key, Keyring, Receipt, cose, open_offline, sign, unseal, verify, wire
    from qrcore.records.sources import Fetched, Query

import _fuzzing

SEALER, SIGNER = Key.encryption(b"\1", b"\2" * 32), Key.signing(b"\3" * 32)
RING = Keyring([SEALER, SIGNER])
RECORD = Context("enc", "q.example", "0123456789ABCDEF", 7)
SIGNED = Context.offline("sign")

MADE = [
    *(cose._seal(body, SEALER, RECORD, bytes(12)) for body in (b"", b"x", b"body " * 20)),  # the same on each run
    *(sign(body, key=SIGNER, context=SIGNED) for body in (b"", b"x", b"body " * 20)),
]
OFFLINE = [
    cose.seal_offline("text/plain", b"hello", key=SEALER),
    cose.sign_offline("text/plain", b"hello", key=SIGNER),
]
WHEN, ASKED = datetime(2026, 11, 22, 8, tzinfo=timezone.utc), [Query("0123456789ABCDEF", known=7)]
WIRE = [
    wire.write_queries([*ASKED, Query(paths=("/01/09506000134352/10/A", "/01/09506000134352"))], WHEN),
    wire.write_scans([("0123456789ABCDEF", "about", WHEN, 3)]),
    wire.write_answers([(Fetched("0123456789ABCDEF", 8, b'{"title":"Menu"}', "Table 1"),)]),
    json.dumps(wire.write_receipt(Receipt("x", "0123456789ABCDEF", 1, 1, "ann", None, WHEN, None))).encode(),
    bytes.fromhex("a4041a61a0b0c0061a60a0b0c001624154390103a101a101a0"),
]


def read_answers(body: bytes) -> object:
    return wire.read_answers(body, ASKED)


def test_one(data: bytes) -> None:
    kind, body = (data[0] if data else 0) % 6, data[1:]
    try:
        if kind == 0:
            unseal(body, RING, context=RECORD)
            assert body in MADE
        elif kind == 1:
            verify(body, RING, context=SIGNED)
            assert body in MADE
        elif kind == 2:
            open_offline(body, RING, type="text/plain")
        elif kind == 3:
            envelope = split_message(body)
            assert envelope is None or join_message(envelope) == body
        elif kind == 4:
            message = hc1_cose.load_message(body)
            if message is not None:
                hc1_cose.load_claims(message)
        else:
            for read in (wire.read_queries, wire.read_scans, wire.read_receipt, read_answers):
                with contextlib.suppress(QRCoreError):
                    read(body)
    except QRCoreError:
        pass


if __name__ == "__main__":
    seeds = [bytes([kind]) + made for made in MADE for kind in (0, 1, 3, 4)]
    seeds += [b"\2" + code.encode() for code in OFFLINE] + [bytes([kind]) + w for w in WIRE for kind in (4, 5)]
    _fuzzing.run(sys.argv, test_one, seeds)
