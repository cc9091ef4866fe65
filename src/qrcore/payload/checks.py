"""Check digits and check sums that several kinds share."""

from __future__ import annotations

import re

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_REFERENCE = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}")
_LETTERS = {chr(ord("A") + i): str(10 + i) for i in range(26)}
_RECURSIVE = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)


def mod97(text: str) -> int:
    """ISO 7064 MOD 97-10 over digits and upper-case letters, the first four characters moved last."""
    return int("".join(_LETTERS.get(char, char) for char in text[4:] + text[:4])) % 97


def is_iban(text: str) -> bool:
    """ISO 13616: shape and check digits. The length that each country prescribes is not checked."""
    return bool(_IBAN.fullmatch(text)) and mod97(text) == 1


def is_creditor_reference(text: str) -> bool:
    """ISO 11649 (`RF..`)."""
    return bool(_REFERENCE.fullmatch(text)) and mod97(text) == 1


def is_qr_reference(text: str) -> bool:
    """The Swiss QR reference: 27 digits, the last a recursive modulo-10 check."""
    return bool(re.fullmatch(r"[0-9]{27}", text)) and recursive_mod10(text[:-1]) == text[-1]


def recursive_mod10(digits: str) -> str:
    """The check digit of a Swiss reference (IG QR-bill, annex B)."""
    carry = 0
    for digit in digits:
        carry = _RECURSIVE[(carry + int(digit)) % 10]
    return str((10 - carry) % 10)


def gs1_check_digit(digits: str) -> str:
    """The check digit that follows `digits` (GS1 General Specifications, section 7.9)."""
    return str(-(3 * sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2]))) % 10)


def has_gs1_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    return gs1_check_digit(digits[:-1]) == digits[-1]


def crc16(data: bytes) -> int:
    """CRC-16 with polynomial 1021, start FFFF, nothing reflected (ISO/IEC 13239; EMVCo MPM section 4.7.3)."""
    crc = 0xFFFF
    for byte in data:
        crc = ((crc << 8) & 0xFFFF) ^ _CRC_TABLE[(crc >> 8) ^ byte]
    return crc


def _crc_row(value: int) -> int:
    crc = value << 8
    for _ in range(8):
        crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
    return crc & 0xFFFF


_CRC_TABLE = tuple(_crc_row(value) for value in range(256))
