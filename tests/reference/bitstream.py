"""A naive encoder of bit streams (ISO/IEC 18004:2024, clause 7.4; GB/T 18284), in strings of "0" and "1"."""

from __future__ import annotations

from dataclasses import dataclass

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
QR_MODES = {"numeric": "0001", "alphanumeric": "0010", "byte": "0100", "kanji": "1000", "hanzi": "1101"}
QR_COUNTS = {
    "numeric": (10, 12, 14),
    "alphanumeric": (9, 11, 13),
    "byte": (8, 16, 16),
    "kanji": (8, 10, 12),
    "hanzi": (8, 10, 12),
}
MICRO_MODES = ("numeric", "alphanumeric", "byte", "kanji")
MICRO_COUNTS = {"numeric": 2, "alphanumeric": 1, "byte": 1, "kanji": 0}  # and the version


def bits(value: int, width: int) -> str:
    assert 0 <= value < 1 << width
    return format(value, f"0{width}b") if width else ""


@dataclass
class Code:
    """What the symbologies have of their own."""

    symbology: str
    version: int

    def mode(self, name: str) -> str:
        if self.symbology == "qr":
            return QR_MODES[name]
        return bits(MICRO_MODES.index(name), self.version - 1)

    def count_width(self, name: str) -> int:
        if self.symbology == "qr":
            return QR_COUNTS[name][0 if self.version < 10 else 1 if self.version < 27 else 2]
        return MICRO_COUNTS[name] + self.version

    @property
    def terminator(self) -> str:
        return "0000" if self.symbology == "qr" else "0" * (1 + 2 * self.version)


def numeric(data: bytes) -> tuple[int, str]:
    groups = [data[i : i + 3] for i in range(0, len(data), 3)]
    return len(data), "".join(bits(int(g), (4, 7, 10)[len(g) - 1]) for g in groups)


def alphanumeric(data: bytes) -> tuple[int, str]:
    values = [ALPHANUMERIC.index(chr(c)) for c in data]
    pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
    return len(data), "".join(bits(p[0] * 45 + p[1], 11) if len(p) == 2 else bits(p[0], 6) for p in pairs)


def byte(data: bytes) -> tuple[int, str]:
    return len(data), "".join(bits(c, 8) for c in data)


def kanji(data: bytes) -> tuple[int, str]:
    codes = [data[i] << 8 | data[i + 1] for i in range(0, len(data), 2)]
    packed = [code - (0x8140 if code <= 0x9FFC else 0xC140) for code in codes]
    return len(codes), "".join(bits((p >> 8) * 0xC0 + (p & 0xFF), 13) for p in packed)


def hanzi(data: bytes) -> tuple[int, str]:
    pairs = [(data[i], data[i + 1]) for i in range(0, len(data), 2)]
    values = [((lead - (0xA1 if lead <= 0xAA else 0xA6)) * 0x60) + trail - 0xA1 for lead, trail in pairs]
    return len(pairs), "".join(bits(v, 13) for v in values)


def eci(number: int) -> str:
    if number < 1 << 7:
        return "0111" + bits(number, 8)
    if number < 1 << 14:
        return "0111" + "10" + bits(number, 14)
    return "0111" + "110" + bits(number, 21)


def append(index: int, total: int, parity: int) -> str:
    return "0011" + bits(index, 4) + bits(total - 1, 4) + bits(parity, 8)


ENCODERS = {"numeric": numeric, "alphanumeric": alphanumeric, "byte": byte, "kanji": kanji, "hanzi": hanzi}


def segment(code: Code, mode: str, data: bytes) -> str:
    count, body = ENCODERS[mode](data)
    subset = "0001" if mode == "hanzi" else ""
    return code.mode(mode) + subset + bits(count, code.count_width(mode)) + body


def fnc1_escaped(data: bytes) -> bytes:
    """How alphanumeric data is written under FNC1: "%" is the separator, "%%" a percent sign (clause 7.4.8.1)."""
    return data.replace(b"%", b"%%").replace(b"\x1d", b"%")


def pack(stream: str) -> bytes:
    stream += "0" * (-len(stream) % 8)
    return bytes(int(stream[i : i + 8], 2) for i in range(0, len(stream), 8))


def finish(code: Code, stream: str, capacity: int) -> bytes:
    """Terminator, shortened where there is no room, and padding up to `capacity` bits (clauses 7.4.9 and 7.4.10)."""
    assert len(stream) <= capacity
    stream += code.terminator[: capacity - len(stream)]
    stream += "0" * min(-len(stream) % 8, capacity - len(stream))
    pads = ["11101100", "00010001"]
    while capacity - len(stream) >= 8:
        stream += pads[0]
        pads.reverse()
    return pack(stream + "0" * (capacity - len(stream)))
