"""`Wifi`: the network that a code lets one join.

Sources: the ZXing wiki, "Barcode Contents" (the MECARD-like form, with EAP fields as Android reads them), and the
Wi-Fi Alliance's WPA3 specification, section 7 (URI form: percent escapes, `R`, `I`, `K`).

The two forms escape differently, and `%41` may be three characters of a password or the letter A. Percent escapes
count where no backslash is used and either the text bears a WPA3 mark (`T:SAE`, `R:` or `K:`), or every `%` starts an
escape and one of them stands for a character that the WPA3 grammar forbids to write plainly. Where `%` starts an
escape but the text is read as written, the issue `wifi.ambiguous` says so.

Limits: quotes round a name are kept (some readers take them off); `K` is not decoded; nothing is joined.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, unquote_to_bytes

from qrcore.payload.base import Issue, Payload, encode_utf8, ordered, quiet_field, sentence
from qrcore.payload.fields import Field, escape, split_fields

_SECURITY = {
    "": "nopass", "NOPASS": "nopass", "NONE": "nopass", "WEP": "WEP", "WPA": "WPA", "WPA2": "WPA", "WPA3": "SAE",
    "WPA/WPA2": "WPA", "WPA2/WPA3": "WPA", "WPA2-PSK": "WPA", "WPA3-SAE": "SAE", "SAE": "SAE", "OWE": "OWE",
    "EAP": "EAP", "WPA-EAP": "EAP", "WPA2-EAP": "EAP", "WPA3-EAP": "EAP",
}  # fmt: skip
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_MUST_ESCAPE = re.compile(r"%(?:3[Bb]|25|[01][0-9A-Fa-f]|7[Ff]|[89A-Fa-f][0-9A-Fa-f])")
_PRINTABLE = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in "%;\\")


@dataclass(frozen=True, slots=True)
class Wifi(Payload):
    """A network. `security` is `nopass`, `WEP`, `WPA`, `SAE`, `EAP`, `OWE`, or what the code says if none of these.

    `identity` is the EAP identity or, with SAE, the password identifier.

    Source: ZXing wiki "Barcode Contents"; Wi-Fi Alliance, WPA3 specification, section 7. Limits: `K` is not
    decoded.
    """

    kind: ClassVar[str] = "wifi"

    ssid: str
    security: str = "nopass"
    password: str = quiet_field("")
    hidden: bool = False
    eap_method: str = ""
    phase2: str = ""
    identity: str = ""
    anonymous_identity: str = ""
    transition_disable: str = ""
    public_key: str = ""

    def encode(self) -> str:
        """The text for a code: backslash form, or WPA3's percent form where `transition_disable` or
        `public_key` is set or the security is SAE."""
        security = "WPA2-EAP" if self.security == "EAP" else self.security
        wpa3 = self.security == "SAE" or bool(self.transition_disable or self.public_key)
        write = _percent if wpa3 else _backslash
        pairs = (
            ("T", "" if security == "nopass" and wpa3 else security),
            ("R", self.transition_disable), ("S", write(self.ssid)),
            ("H", "true" if self.hidden else ""), ("E", write(self.eap_method)), ("PH2", write(self.phase2)),
            ("A", write(self.anonymous_identity)), ("I", write(self.identity)), ("P", write(self.password)),
            ("K", self.public_key),
        )  # fmt: skip
        return "WIFI:" + "".join(f"{key}:{value};" for key, value in pairs if value or key == "S") + ";"

    def __str__(self) -> str:
        return sentence(
            f"Wi-Fi {self.ssid}",
            "open" if self.security == "nopass" else self.security,
            f"password {self.password}" if self.password else "",
            "hidden" if self.hidden else "",
            f"{self.eap_method} {self.phase2}".strip(),
            f"identity {self.identity}" if self.identity else "",
        )


def read(text: str) -> Wifi:
    """`WIFI:...` as a network."""
    issues: list[Issue] = []
    fields: dict[str, Field] = {}
    for field in split_fields(text, 5):
        key = field.key.upper()
        if key in fields:
            issues.append(Issue("wifi.repeated_field", field.position))
        else:
            fields[key] = field
    form = _form(text, fields)

    def get(key: str) -> str:
        return _value(fields[key], form, issues) if key in fields else ""

    written = fields["T"].value.strip() if "T" in fields else ""
    security = _SECURITY.get(written.upper(), written)
    if written.upper() not in _SECURITY:
        issues.append(Issue("wifi.security", fields["T"].position))
    method, phase2, hidden = get("E"), get("PH2"), False
    if flag := get("H").strip():
        if flag.lower() in ("true", "false", "1", "0"):
            hidden = flag.lower() in ("true", "1")
        elif not phase2:  # an old writer put the phase 2 method where the flag now stands
            phase2 = flag
    if security == "WPA" and method:
        security = "EAP"
    ssid, password = get("S"), get("P")
    _check(ssid, password, security, fields, issues)
    return Wifi(
        ssid, security, password, hidden, method, phase2, get("I"), get("A"), get("R"), get("K"),
        raw=text, issues=ordered(issues),
    )  # fmt: skip


def _form(text: str, fields: dict[str, Field]) -> str:
    """How this text escapes; the rule stands at the head of this file."""
    if "\\" in text:
        return "backslash"
    percents = text.count("%")
    marked = "R" in fields or "K" in fields or ("T" in fields and fields["T"].value.upper() == "SAE")
    if marked or (percents and percents == len(_ESCAPE.findall(text)) and _MUST_ESCAPE.search(text)):
        return "percent"
    return "plain"


def _value(field: Field, form: str, issues: list[Issue]) -> str:
    """The value of a field in a text of a form: `percent`, `backslash`, or `plain` where nothing tells."""
    if form == "percent":
        try:
            return unquote_to_bytes(encode_utf8(field.written)).decode("utf-8")
        except UnicodeDecodeError:
            issues.append(Issue("wifi.percent", field.position))
    elif form == "plain" and field.key.upper() in ("S", "P") and (found := _ESCAPE.search(field.written)):
        issues.append(Issue("wifi.ambiguous", field.position + found.start()))
    return field.value


def _check(ssid: str, password: str, security: str, fields: dict[str, Field], issues: list[Issue]) -> None:
    ssid_at = fields["S"].position if "S" in fields else 5
    password_at = fields["P"].position if "P" in fields else 5
    if not ssid:
        issues.append(Issue("wifi.no_ssid", ssid_at))
    elif len(encode_utf8(ssid)) > 32:
        issues.append(Issue("wifi.ssid_length", ssid_at))
    if security in ("WEP", "WPA", "SAE") and not password:
        issues.append(Issue("wifi.no_password", password_at))
    elif security in ("nopass", "OWE") and password:
        issues.append(Issue("wifi.needless_password", password_at))
    elif security == "WPA":
        size = len(encode_utf8(password))
        if not (8 <= size <= 63 or (size == 64 and re.fullmatch(r"[0-9A-Fa-f]{64}", password))):
            issues.append(Issue("wifi.password_length", password_at))


def _backslash(text: str) -> str:
    """Escaped; also where `%41` could be taken for an escape, since one backslash settles the form."""
    return _ESCAPE.sub(r"\\%\1", escape(text))


def _percent(text: str) -> str:
    return quote(encode_utf8(text), safe=_PRINTABLE)
