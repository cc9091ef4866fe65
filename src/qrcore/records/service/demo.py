"""`qrcore serve --demo`: the nine examples as records, codes and pictures, in a store that goes with the process."""

from __future__ import annotations

import ipaddress
import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from .._extra import needs
from ..code import make_code
from ..cose import sign_offline
from ..keys import Key, Keyring, claim_token, token_hash
from ..refs import code_url, new_ref, new_secret
from ..sealing import seal_body
from ..store import SqlStore

with needs():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

__all__ = ["Demo"]

_VCARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Example;Ann\r\nFN:Ann Example\r\nTITLE:Engineer\r\nTEL:+49301\r\nEND:VCARD\r\n"
)
_EMV = (
    "00020101021226340015com.example.pay0111merchant-4252045812530397854051"
    "2.505802DE5912Cafe Example6006Berlin62060502A16304449A"
)


class Demo:
    """A store in `folder` whose codes name `authority`, which is where the demonstration is served."""

    def __init__(self, folder: Path, authority: str) -> None:
        self.folder = folder
        self.authority = authority
        self.store = SqlStore(f"sqlite:///{folder}/codes.db", authority=authority, author="demo")
        self._signer = Key.signing()
        self.keys = Keyring([self._signer])
        self.codes: dict[str, str] = {}
        """The text of each code, by the name of its example."""
        for add in (
            self._product, self._anti_counterfeit, self._shop, self._lottery, self._ticket, self._login,
            self._contact, self._payment, self._scans,
        ):  # fmt: skip
            add()
        for name, text in self.codes.items():
            make_code(text).save(folder / f"{name}.png")

    def describe(self) -> str:
        """The codes, and where their pictures are."""
        lines = [f"nine example codes, as pictures in {self.folder}:"]
        lines += [f"  {name + '.png':25} {text.partition('#')[0][:80]}" for name, text in self.codes.items()]
        return "\n".join(lines)

    def certificate(self, host: str) -> tuple[str, str]:
        """A certificate of its own for a day. Browsers will warn of it."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "qrcore demo")])
        try:
            subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            subject = x509.DNSName(host)
        now = datetime.now(timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
            .sign(key, hashes.SHA256())
        )
        chain, secret = self.folder / "certificate.pem", self.folder / "key.pem"
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        secret.touch(mode=0o600)
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return str(chain), str(secret)

    def _product(self) -> None:
        gtin, pages = "09506000134352", "https://brand.example/olive-oil"
        links = [
            {"rel": "gs1:pip", "href": f"{pages}/en", "hreflang": ["en"], "title": "Product information"},
            {"rel": "gs1:pip", "href": f"{pages}/zh", "hreflang": ["zh-CN"], "title": "产品信息"},
            {"rel": "gs1:recipeInfo", "href": f"{pages}/recipes", "title": "Recipes"},
        ]
        self.store.create({"body": {"title": "Olive oil, 500 ml", "links": links, "default": 0}, "gs1": f"/01/{gtin}"})
        steps = [{"at": "2026-10-02", "step": "harvested"}, {"at": "2026-10-20", "step": "bottled"}]
        trace = {"rel": "gs1:traceability", "href": f"{pages}/batch/A7", "title": "Where this batch comes from"}
        batch = {"title": "Batch A7", "links": [trace], "default": None, "data": {"steps": steps}}
        self.store.create({"body": batch, "gs1": f"/01/{gtin}/10/A7"})
        self.codes["product_information"] = f"https://{self.authority}/01/{gtin}/10/A7/21/0815"

    def _anti_counterfeit(self) -> None:
        ref, secret = new_ref(), new_secret()
        item = {"title": "Watch 2000", "data": {"serial": "W2000-17"}}
        kept = token_hash(claim_token(secret, self.authority, ref))
        self._sealed(ref, item, secret=secret, quota={"max": 1, "token": kept})
        link = code_url(self.authority, ref, secret).encode()
        self.codes["anti_counterfeit"] = sign_offline("qrcore/ref", link, key=self._signer)

    def _shop(self) -> None:
        site = "https://cafe.example"
        links = [
            {"rel": "about", "href": f"{site}/", "title": "About us", "hreflang": ["en"]},
            {"rel": "about", "href": f"{site}/zh", "title": "关于我们", "hreflang": ["zh"]},
            {"rel": "service", "href": "tel:+4930123456", "title": "Call a waiter"},
            {"rel": "https://cafe.example/rel/order", "href": f"{site}/order?table={{label}}", "title": "Order"},
            {"rel": "payment", "href": f"{site}/pay?table={{label}}", "title": "Pay"},
        ]
        tables = [{"label": f"Table {n}"} for n in (1, 2, 3)]
        made = self.store.create({"body": {"title": "Café Example", "links": links}, "aliases": tables})
        self.codes["shop_code"] = made.aliases[1][1]

    def _lottery(self) -> None:
        prizes = ["a coffee"] * 49 + ["a bicycle"] + ["nothing, thank you"] * 50
        random.SystemRandom().shuffle(prizes)
        body = {"title": "Autumn draw", "data": {"rules": "one draw a person"}}
        made = self.store.create({"body": body, "quota": {"max": 100, "reveal": prizes}})
        self.codes["coupon_and_lottery"] = made.url

    def _ticket(self) -> None:
        made = self.store.create({"body": {"title": "Seat 5"}, "quota": {"max": 1}})
        ticket = json.dumps({"event": "Concert", "seat": "5", "record": made.url}, separators=(",", ":"))
        text = sign_offline("application/vnd.hall.ticket+json", ticket.encode(), key=self._signer)
        self.codes["ticket"] = text

    def _login(self) -> None:
        soon = datetime.now(timezone.utc) + timedelta(hours=1)
        body = {"title": "Sign in at site.example", "data": {"session": "of this browser"}}
        made = self.store.create({"body": body, "quota": {"max": 1}, "not_after": soon, "cache_s": 0})
        self.codes["login"] = made.url

    def _contact(self) -> None:
        ref, secret = new_ref(), new_secret()
        self._sealed(ref, {"title": "Ann Example", "data": {"vcard": _VCARD}}, secret=secret)
        self.codes["contact_card"] = code_url(self.authority, ref, secret)

    def _payment(self) -> None:
        ref = new_ref()
        self._sealed(ref, {"title": "Bill A1", "data": {"emv": _EMV}}, signer=self._signer)
        self.codes["payment_request"] = code_url(self.authority, ref)

    def _scans(self) -> None:
        places = [{"label": label} for label in ("Door", "Window", "Bus stop")]
        body = {"title": "Opening sale", "links": [{"href": "https://shop.example/sale"}]}
        made = self.store.create({"body": body, "aliases": places})
        now = datetime.now(timezone.utc)
        dice = random.Random(7)
        self.store.add_counts(
            (url, "about", now - timedelta(hours=hours), dice.randrange(1, 30))
            for _, url in made.aliases
            for hours in range(24)
        )
        self.codes["scan_counts"] = made.aliases[0][1]

    def _sealed(self, ref: str, body: dict[str, Any], *, quota: dict[str, Any] | None = None, **how: Any) -> None:
        closed = seal_body(body, authority=self.authority, ref=ref, version=1, **how)
        self.store.create({"ref": ref, "body": closed, "quota": quota})
