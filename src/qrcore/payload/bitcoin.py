"""Whether a text is a Bitcoin address: its alphabet, its length and its check sum.

Sources: Base58Check (version byte, payload, four bytes of a double SHA-256); BIP 173 (Bech32) and BIP 350 (Bech32m).
Limits: the version byte and the network prefix are those of Bitcoin's main, test and regression networks.
"""

from __future__ import annotations

import hashlib
import re

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VERSIONS = (0x00, 0x05, 0x6F, 0xC4)
_NETWORKS = ("bc", "tb", "bcrt")
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_SUM, _BECH32M_SUM = 1, 0x2BC830A3


_SHAPE = re.compile(r"[1-9A-HJ-NP-Za-km-z]{26,35}|(?:bc|tb|bcrt)1[02-9ac-hj-np-z]{11,74}")


def has_shape(text: str) -> bool:
    """Whether a text has the alphabet and the length of an address."""
    return _SHAPE.fullmatch(text) is not None or (text.isupper() and _SHAPE.fullmatch(text.lower()) is not None)


def is_address(text: str) -> bool:
    """Whether the check sum fits too."""
    return _is_base58(text) or _is_segwit(text)


def _is_base58(text: str) -> bool:
    if not 26 <= len(text) <= 35:
        return False
    number = 0
    for char in text:
        digit = _BASE58.find(char)
        if digit < 0:
            return False
        number = number * 58 + digit
    if number >= 1 << 200:
        return False
    data = number.to_bytes(25, "big")
    ones = len(text) - len(text.lstrip("1"))
    zeros = len(data) - len(data.lstrip(b"\0"))
    check = hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4]
    return check == data[21:] and data[0] in _VERSIONS and ones == zeros


def _is_segwit(text: str) -> bool:
    if text.lower() != text and text.upper() != text:
        return False
    network, _, body = text.lower().rpartition("1")
    values = [_BECH32.find(char) for char in body]
    if network not in _NETWORKS or not 11 <= len(body) <= 74 or min(values) < 0:
        return False
    prefix = [ord(char) >> 5 for char in network] + [0] + [ord(char) & 31 for char in network]
    expected = _BECH32_SUM if values[0] == 0 else _BECH32M_SUM
    size = (len(body) - 7) * 5 // 8
    sound_size = size in (20, 32) if values[0] == 0 else 2 <= size <= 40
    return values[0] <= 16 and sound_size and _polymod(prefix + values) == expected


def _polymod(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            if top >> i & 1:
                total ^= generator
    return total
