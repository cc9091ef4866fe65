"""`Pay`: a link that asks for money, by the network that it names.

Sources: NPCI, "UPI Linking Specifications" 1.6 (`upi://pay`); BIP 21 with BIP 20's amounts (`bitcoin:`) and its
`lightning` parameter; BOLT 11 in a `lightning:` link; the prefixes that Alipay, WeChat Pay and UnionPay give to those
who accept their codes. The table `NETWORKS` holds them all.

Limits: a Lightning invoice and the tokens of Alipay, WeChat and UnionPay are opaque; nothing is paid.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from qrcore.payload.base import Issue, Payload, ordered, sentence
from qrcore.payload.bitcoin import has_shape, is_address
from qrcore.payload.links import decode_percent, encode_percent, first, read_query, write_query


class Network(NamedTuple):
    """A network's name, and what its links start with, in lower case."""

    name: str
    prefixes: tuple[str, ...]


NETWORKS = (
    Network("UPI", ("upi://pay", "upi://mandate", "upi://collect")),
    Network("Bitcoin", ("bitcoin:",)),
    Network("Lightning", ("lightning:",)),
    Network("Alipay", ("https://qr.alipay.com/", "http://qr.alipay.com/", "alipays:", "alipay:")),
    Network("WeChat Pay", ("wxp://", "weixin://wxpay/", "weixin://wap/pay", "https://wx.tenpay.com/",
                           "https://wxpay.tenpay.com/md/", "https://wxpay.wechatpay.cn/md/",
                           "https://payapp.weixin.qq.com/", "https://payapp.wechatpay.cn/",
                           "https://sjt.wxpapp.wechatpay.cn/lnk/qr/")),
    Network("UnionPay", ("https://qr.95516.com/",)),
)  # fmt: skip
"""What wins over a plain `Uri`, and by which prefix."""

_PREFIXES = {prefix: network.name for network in NETWORKS for prefix in network.prefixes}
_ALL_PREFIXES = tuple(_PREFIXES)
_LONGEST = max(map(len, _ALL_PREFIXES))
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,8})?")
_UPI_ID = re.compile(r"[A-Za-z0-9._-]{1,255}@[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Pay(Payload):
    """`payee` is the account or address, or the opaque token of the link; `amount` is as written.

    Source: NPCI, UPI Linking Specifications 1.6; BIP 20, BIP 21; `NETWORKS`. Limits: no check sums of addresses;
    opaque tokens.
    """

    kind: ClassVar[str] = "pay"

    network: str
    payee: str = ""
    name: str = ""
    amount: str = ""
    currency: str = ""
    note: str = ""
    reference: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    uri: str = ""

    def encode(self) -> str:
        """The link; for UPI and Bitcoin built from the fields, else as it was read."""
        if self.network == "UPI":
            pairs = [("pa", self.payee), ("pn", self.name), ("am", self.amount), ("cu", self.currency),
                     ("tn", self.note), ("tr", self.reference)]  # fmt: skip
            return "upi://pay" + write_query(pairs + _rest(self.parameters, pairs))
        if self.network == "Bitcoin":
            pairs = [("amount", self.amount), ("label", self.name), ("message", self.note)]
            return f"bitcoin:{encode_percent(self.payee)}" + write_query(pairs + _rest(self.parameters, pairs))
        return self.uri or (f"lightning:{self.payee}" if self.network == "Lightning" else "")

    def __str__(self) -> str:
        return sentence(
            f"{self.network}: pay {f'{self.amount} {self.currency}'.strip()}".rstrip(),
            f"to {self.name or self.payee}" if self.name or self.payee else "",
            self.payee if self.name else "",
            self.note,
            f"reference {self.reference}" if self.reference else "",
        )


def read(text: str) -> Pay | None:
    """A link of one of `NETWORKS`, or None."""
    start = text[:_LONGEST].lower()
    if not start.startswith(_ALL_PREFIXES) or " " in text:
        return None
    prefix = next(prefix for prefix in _ALL_PREFIXES if start.startswith(prefix))
    network = _PREFIXES[prefix]
    if network == "UPI":
        return _upi(text)
    if network in ("Bitcoin", "Lightning"):
        return _bitcoin(text, network)
    return _opaque(text, network, len(prefix))


def _upi(text: str) -> Pay:
    issues: list[Issue] = []
    head, _, query = text.partition("?")
    pairs = read_query(query, len(head) + 1, issues)
    where = {name.lower(): position for name, _, position in reversed(pairs)}
    payee, amount, currency = first(pairs, "pa"), first(pairs, "am"), first(pairs, "cu")
    if not _UPI_ID.fullmatch(payee):
        issues.append(Issue("pay.payee", where.get("pa", len(text))))
    if amount and not _AMOUNT.fullmatch(amount):
        issues.append(Issue("pay.amount", where["am"]))
    if currency and currency.upper() != "INR":
        issues.append(Issue("pay.currency", where["cu"]))
    return Pay(
        "UPI", payee, first(pairs, "pn"), amount, currency or "INR", first(pairs, "tn"), first(pairs, "tr"),
        _pairs(pairs), text, raw=text, issues=ordered(issues),
    )  # fmt: skip


def _bitcoin(text: str, network: str) -> Pay:
    issues: list[Issue] = []
    scheme, _, rest = text.partition(":")
    written, _, query = rest.partition("?")
    start = len(scheme) + 1
    payee = decode_percent(written, start, issues).removeprefix("//")
    pairs = read_query(query, start + len(written) + 1, issues)
    where = {name.lower(): position for name, _, position in reversed(pairs)}
    if network == "Bitcoin":
        if not payee and {"lightning", "bc", "sp"} & where.keys():
            pass  # BIP 321: the address may stand in the query alone
        elif not has_shape(payee):
            issues.append(Issue("pay.payee", start))
        elif not is_address(payee):
            issues.append(Issue("pay.checksum", start))
    elif not payee:
        issues.append(Issue("pay.payee", start))
    amount = first(pairs, "amount")
    if amount and not _AMOUNT.fullmatch(amount):
        issues.append(Issue("pay.amount", where["amount"]))
    for name, _, position in pairs:
        if name.startswith("req-"):  # BIP 21: a reader that does not know it must refuse the link
            issues.append(Issue("pay.required", position))
    currency = "BTC" if amount else ""
    return Pay(
        network, payee, first(pairs, "label"), amount, currency, first(pairs, "message"), "",
        _pairs(pairs), text, raw=text, issues=ordered(issues),
    )  # fmt: skip


def _opaque(text: str, network: str, prefix: int) -> Pay:
    issues: list[Issue] = []
    token, _, query = text[prefix:].partition("?")
    pairs = read_query(query.partition("#")[0], prefix + len(token) + 1, issues)
    amount = first(pairs, "amount")
    return Pay(
        network, token.strip("/"), "", amount, "CNY" if amount else "", "", "", _pairs(pairs), text,
        raw=text, issues=ordered(issues),
    )  # fmt: skip


def _pairs(pairs: list[tuple[str, str, int]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value, _ in pairs)


def _rest(parameters: tuple[tuple[str, str], ...], named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters that have no field of their own."""
    known = {name for name, _ in named}
    return [(name, value) for name, value in parameters if name.lower() not in known]
