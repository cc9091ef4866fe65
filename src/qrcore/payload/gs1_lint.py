"""The tests that the GS1 Barcode Syntax Dictionary names for the parts of a value.

Source: the descriptions of the "linters" in the dictionary; GS1 General Specifications, section 7. Each test takes a
part and gives the offset of what is wrong, or None.

Limits: the inner structure of coupons (8110, 8112) is checked for digits only, package types (7041) for their shape,
company prefixes for the presence of four digits, not against the list of prefixes that were given out.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from qrcore.payload._iso import COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCY_NUMBERS
from qrcore.payload.checks import has_gs1_check_digit, is_iban

_COUNTRY_NUMBERS = frozenset(COUNTRY_NUMBERS.split())
_COUNTRY_LETTERS = frozenset(COUNTRY_LETTERS.split())
_CURRENCY_NUMBERS = frozenset(CURRENCY_NUMBERS.split())
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ALPHA_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_ALPHA_32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)

Test = Callable[[str], int | None]


def _whole(sound: Callable[[str], bool]) -> Test:
    return lambda value: None if sound(value) else 0


def _pattern(pattern: str) -> Test:
    compiled = re.compile(pattern)
    return _whole(lambda value: compiled.fullmatch(value) is not None)


def _up_to(limit: int) -> Test:
    return _whole(lambda value: value.isdigit() and int(value) <= limit)


def _check_digit(value: str) -> int | None:
    return None if value.isdigit() and has_gs1_check_digit(value) else max(0, len(value) - 1)


def _day(value: str, least: int) -> int | None:
    """YYMMDD. Years of two digits lie within 49 of today, where every fourth is a leap year."""
    month, day = int(value[2:4]), int(value[4:6])
    if not 1 <= month <= 12:
        return 2
    last = _DAYS[month - 1] if month != 2 or int(value[:2]) % 4 == 0 else 28
    return None if least <= day <= last else 4


def _long_day(value: str) -> int | None:
    year, month, day = int(value[:4]), int(value[4:6]), int(value[6:8])
    if not 1 <= month <= 12:
        return 4
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return None if 1 <= day <= (_DAYS[month - 1] if month != 2 or leap else 28) else 6


def _piece(value: str) -> int | None:
    return None if 1 <= int(value[:2]) <= int(value[2:]) else 0


def _position(value: str) -> int | None:
    return None if re.fullmatch(r"[1-9]/[1-9]", value) and value[0] <= value[2] else 0


def alpha_check(value: str) -> str:
    """The two check characters that follow `value` in a GMN (GS1 General Specifications, section 7.9.5)."""
    total = sum(
        _ALPHA_82.find(char) * prime for char, prime in zip(reversed(value), _PRIMES[: len(value)], strict=False)
    )
    total %= 1021
    return _ALPHA_32[total >> 5] + _ALPHA_32[total & 31]


def _alpha_pair(value: str) -> int | None:
    sound = 3 <= len(value) <= 25 and alpha_check(value[:-2]) == value[-2:]
    return None if sound else max(0, len(value) - 2)


def _percent(value: str) -> int | None:
    broken = re.search(r"%(?![0-9A-Fa-f]{2})", value)
    return broken.start() if broken else None


TESTS: dict[str, Test] = {
    "csum": _check_digit,
    "csumalpha": _alpha_pair,
    "gcppos1": _pattern(r"[0-9]{4}.*"),
    "gcppos2": _pattern(r".[0-9]{4}.*"),
    "yymmdd": lambda value: _day(value, 1),
    "yymmd0": lambda value: _day(value, 0),
    "yyyymmdd": _long_day,
    "hhmi": _pattern(r"(?:[01][0-9]|2[0-3])[0-5][0-9]"),
    "hh": _up_to(23),
    "mi": _up_to(59),
    "ss": _up_to(59),
    "iso3166": _whole(_COUNTRY_NUMBERS.__contains__),
    "iso3166999": _whole(lambda value: value == "999" or value in _COUNTRY_NUMBERS),
    "iso3166alpha2": _whole(_COUNTRY_LETTERS.__contains__),
    "iso4217": _whole(_CURRENCY_NUMBERS.__contains__),
    "iso5218": _pattern("[0129]"),
    "pcenc": _percent,
    "yesno": _pattern("[01]"),
    "hyphen": _pattern("-"),
    "latitude": _up_to(1_800_000_000),
    "longitude": _up_to(3_600_000_000),
    "importeridx": _pattern(r"[\-0-9A-Z_a-z]"),
    "packagetype": _pattern("[0-9A-Z]{1,4}"),
    "mediatype": _pattern("0[1-9]|10|[89][0-9]"),
    "posinseqslash": _position,
    "nonzero": _whole(lambda value: value.strip("0") != ""),
    "winding": _pattern("[019]"),
    "zero": _pattern("0"),
    "pieceoftotal": _piece,
    "iban": _whole(is_iban),
    "hasnondigit": _whole(lambda value: not value.isdigit()),
    "nozeroprefix": _whole(lambda value: value == "0" or not value.startswith("0")),
    "couponcode": _pattern("[0-9]+"),
    "couponposoffer": _pattern("[0-9]+"),
}

ISSUE_OF = {
    "csum": "gs1.check_digit", "csumalpha": "gs1.check_digit", "iban": "gs1.check_digit",
    "gcppos1": "gs1.prefix", "gcppos2": "gs1.prefix",
    "yymmdd": "gs1.date", "yymmd0": "gs1.date", "yyyymmdd": "gs1.date",
    "hhmi": "gs1.time", "hh": "gs1.time", "mi": "gs1.time", "ss": "gs1.time",
}  # fmt: skip
"""The issue that a failed test is; `gs1.value` for all others."""
