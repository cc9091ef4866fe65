"""`parse`, and the published table of what wins where several kinds fit."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from qrcore.payload import (
    coderef,
    emv,
    epc,
    event,
    geo,
    gs1,
    gs1_link,
    gs1_read,
    hc1,
    mail,
    mecard,
    otp,
    pay,
    sealed,
    shc,
    sms,
    swiss,
    tel,
    uri,
    vcard,
    wifi,
)
from qrcore.payload.base import Issue, Payload, SymbolLike, ordered
from qrcore.payload.text import Binary, Text, is_binary

Read = Callable[[str], Payload | None]


class Rule(NamedTuple):
    """One row of the table: a reader that may claim a text that has a shape.

    `prefixes` are what stands before the first colon, in lower case; none means any text. `exact` says that white
    space round the text matters to the reader and is left on.
    """

    kind: str
    shape: str
    prefixes: tuple[str, ...]
    read: Read
    exact: bool = False


_WEB = ("http", "https")

PRECEDENCE: tuple[Rule, ...] = (
    Rule("code_ref", "https://{authority}/C/{16 characters}[#{secret}], nothing else", ("https",), coderef.read),
    Rule("sh_link", "a web link with #shlink:/, or shlink:/", (*_WEB, "shlink"), shc.read_link),
    Rule("pay", "a prefix of pay.NETWORKS",
         (*_WEB, "upi", "bitcoin", "lightning", "alipay", "alipays", "wxp", "weixin"), pay.read),
    Rule("gs1", "a web link whose path ends in a GS1 key, its qualifiers and nothing else", _WEB, gs1_link.read_link),
    Rule("wifi", "WIFI:", ("wifi",), wifi.read),
    Rule("otp", "otpauth://totp/, otpauth://hotp/, or any otpauth: with a secret", ("otpauth",), otp.read),
    Rule("otp", "otpauth-migration:", ("otpauth-migration",), otp.read_migration),
    Rule("sealed", "QRC1:, upper case", ("qrc1",), lambda t: sealed.read(t) if t.startswith("QRC1:") else None, True),
    Rule("hc1", "HC1:, upper case", ("hc1",), lambda t: hc1.read(t) if t.startswith("HC1:") else None, True),
    Rule("shc", "shc:/", ("shc",), shc.read_card),
    Rule("contact", "BEGIN:VCARD", ("begin",), vcard.read_vcard, True),
    Rule("event", "BEGIN:VCALENDAR or BEGIN:VEVENT with an event in it", ("begin",), event.read, True),
    Rule("contact", "MECARD:", ("mecard",), mecard.read_mecard),
    Rule("contact", "BIZCARD:", ("bizcard",), mecard.read_bizcard),
    Rule("contact", "lines of MEMORY:, NAME1:, TEL1: .. with MEMORY: among them",
         ("memory", "name1", "name2", "tel1", "mail1", "add"), mecard.read_memory, True),
    Rule("email", "mailto:", ("mailto",), mail.read_mailto),
    Rule("email", "MATMSG:", ("matmsg",), mail.read_matmsg),
    Rule("email", "SMTP:", ("smtp",), mail.read_smtp),
    Rule("tel", "tel:", ("tel",), tel.read),
    Rule("sms", "sms:, smsto:, mms: or mmsto:", ("sms", "smsto", "mms", "mmsto"), sms.read),
    Rule("geo", "geo: with two numbers", ("geo",), geo.read),
    Rule("uri", "MEBKM:", ("mebkm",), uri.read_bookmark),
    Rule("uri", "URLTO:", ("urlto",), uri.read_urlto),
    Rule("gs1", "]C1, ]d2, ]Q3, ]J1 or ]e0 before an element string", (), gs1_read.read_aim, True),
    Rule("gs1", "(01).. with known identifiers and sound lengths", (), gs1_read.read_brackets),
    Rule("emv", "data objects from 0002 on, to the end or with a CRC", (), emv.read, True),
    Rule("epc", "BCD and at least five more lines", (), epc.read, True),
    Rule("swiss_bill", "SPC and at least nineteen more lines", (), swiss.read, True),
    Rule("uri", "a scheme of two or more characters and a colon, or a bare host name; no space", (), uri.read),
    Rule("email", "a bare address", (), mail.read_address),
)  # fmt: skip
"""What wins where several kinds fit: the first row whose reader takes the text.

Before all rows: a symbol with FNC1 in first position is an element string (`gs1`), and so is GS1 DataBar; the digits
of EAN, UPC and ITF-14 are a GTIN (`gs1`); bytes that are no text are `binary`. After all rows: `text`.
"""

_ANY = tuple(rule for rule in PRECEDENCE if not rule.prefixes)
_BY_PREFIX = {
    prefix: tuple(rule for rule in PRECEDENCE if prefix in rule.prefixes or not rule.prefixes)
    for prefix in {prefix for rule in PRECEDENCE for prefix in rule.prefixes}
}
_WEB_RULES = {prefix: tuple(r for r in _BY_PREFIX[prefix] if prefix in r.prefixes or r.read is uri.read)
              for prefix in _WEB}  # fmt: skip
_BY_PREFIX.update(_WEB_RULES)  # no other shape can begin like a web link
_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
_PRODUCTS = frozenset(("EAN_13", "EAN_8", "UPC_A", "UPC_E"))


def parse(data: str | bytes | SymbolLike, *, symbology: Any = None, fnc1: Any = None) -> Payload:
    """What `data` says. Never raises on content; what is wrong with it is in `issues`.

    `data` is a text, bytes, or a `Symbol`, whose `symbology` and `fnc1` are then used where none are given. The two
    options take members of `qrcore.Symbology` and `qrcore.Fnc1`, or their names. Bytes are read as UTF-8.
    """
    if isinstance(data, str):
        return _parse_text(data, None, symbology, fnc1)
    if isinstance(data, (bytes, bytearray, memoryview)):
        raw = bytes(data)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            named = epc.decode(raw)
            if named is None:
                return Binary(raw, raw=raw, issues=(Issue("binary.charset", error.start),))
            text = named
        return _parse_text(text, raw, symbology, fnc1)
    if not isinstance(getattr(data, "text", None), str):
        raise TypeError(f"parse takes a text, bytes or a Symbol, not {type(data).__name__}")
    text = data.text
    if text.startswith("BCD") and not _is_utf8(data.data):
        text = epc.decode(data.data) or text
    symbology = data.symbology if symbology is None else symbology
    return _parse_text(text, data.data, symbology, data.fnc1 if fnc1 is None else fnc1)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parse_text(text: str, data: bytes | None, symbology: Any, fnc1: Any) -> Payload:
    if symbology is not None or fnc1 is not None:
        found = _by_symbol(text, _name(symbology), _name(fnc1))
        if found is not None:
            return found
    trimmed = text
    if text and (text[0] <= " " or text[-1] <= " " or text[0] == "\ufeff"):
        stripped = text.strip(" \t\r\n\f\v\ufeff")
        trimmed = text if stripped == text else stripped
    prefix = _PREFIX.match(trimmed)
    for rule in _BY_PREFIX.get(prefix[1].lower(), _ANY) if prefix else _ANY:
        found = rule.read(text if rule.exact else trimmed)
        if found is not None:
            return found if rule.exact or trimmed is text else _shifted(found, text, trimmed)
    if data is not None and is_binary(text):
        return Binary(data, raw=data)
    return Text(text, raw=text)


def _by_symbol(text: str, symbology: str, fnc1: str) -> Payload | None:
    """What the symbol itself says about the data."""
    if fnc1 == "GS1":
        return gs1_read.read_aim(text) or gs1_read.read_elements(text)
    if symbology in _PRODUCTS or (symbology == "ITF" and len(text.strip()) == 14):
        return gs1_read.read_product(text, symbology)
    if symbology.startswith("DATABAR"):
        if text.isdigit() and len(text) in (13, 14):
            return gs1_read.read_product(text, symbology)
        return gs1_read.read_brackets(text, lenient=True) or gs1_read.read_aim(text) or gs1_read.read_elements(text)
    return None


def _shifted(found: Payload, text: str, trimmed: str) -> Payload:
    """`found`, which was read from the trimmed text, as read from the whole one."""
    lead = text.index(trimmed)
    issues = [Issue("payload.white_space", 0 if lead else len(trimmed))]
    issues += [Issue(issue.code, issue.position + lead) for issue in found.issues]
    found = replace(found, raw=text, issues=ordered(issues))
    if isinstance(found, gs1.Gs1):
        return replace(found, elements=tuple(replace(e, position=e.position + lead) for e in found.elements))
    return found


def _name(member: Any) -> str:
    """The name of an enum's member, or a name as given, in upper case."""
    return str(getattr(member, "name", member) or "").upper().replace("-", "_")
