"""What a code means: `parse` turns its text into one typed, frozen value. Pure: no clock, no file, no network.

    >>> from qrcore.payload import parse
    >>> parse("WIFI:T:WPA;S:cafe;P:espresso1;;").ssid
    'cafe'

Every kind has `kind`, `raw`, `issues`, `encode()`, `to_dict()`, and a `str()` that a person can read. `PRECEDENCE` is
the table of what wins where several kinds fit, `ISSUES` that of all issue codes; see docs/payloads.md.
"""

from qrcore.payload.base import Issue, Payload, SymbolLike
from qrcore.payload.coderef import CodeRef
from qrcore.payload.contact import Address, Contact, Labelled, Name
from qrcore.payload.dispatch import PRECEDENCE, Rule, parse
from qrcore.payload.emv import Account, Emv, Tlv
from qrcore.payload.epc import Epc
from qrcore.payload.event import Event
from qrcore.payload.geo import Geo
from qrcore.payload.gs1 import Element, Gs1
from qrcore.payload.hc1 import Hc1, Verification
from qrcore.payload.issues import ISSUES
from qrcore.payload.mail import Email
from qrcore.payload.otp import Otp
from qrcore.payload.pay import Pay
from qrcore.payload.sealed import Sealed
from qrcore.payload.shc import Shc, ShLink
from qrcore.payload.sms import Sms
from qrcore.payload.swiss import Party, SwissBill
from qrcore.payload.tel import Tel
from qrcore.payload.text import Binary, Text
from qrcore.payload.uri import Uri, UriFlag
from qrcore.payload.wifi import Wifi

__all__ = [
    "ISSUES",
    "PRECEDENCE",
    "Account",
    "Address",
    "Binary",
    "CodeRef",
    "Contact",
    "Element",
    "Email",
    "Emv",
    "Epc",
    "Event",
    "Geo",
    "Gs1",
    "Hc1",
    "Issue",
    "Labelled",
    "Name",
    "Otp",
    "Party",
    "Pay",
    "Payload",
    "Rule",
    "Sealed",
    "ShLink",
    "Shc",
    "Sms",
    "SwissBill",
    "SymbolLike",
    "Tel",
    "Text",
    "Tlv",
    "Uri",
    "UriFlag",
    "Verification",
    "Wifi",
    "parse",
]
