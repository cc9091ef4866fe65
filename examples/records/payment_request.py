"""A payment request: the code on the counter leads to today's amount, as the EMVCo payload that bank apps read.

qrcore pays nothing. It carries the payload, checks its structure and check sum, and shows whom it would pay.
"""

from qrcore.payload import Emv, parse
from qrcore.payload.checks import crc16
from qrcore.records import AuthorityPolicy, Key, Keyring, Resolver, SqlStore, StoreSource, Trust, new_ref, seal_body


def request(amount: str, label: str) -> str:
    """An EMVCo merchant-presented payload: ID, length, value; the CRC runs over all before it."""

    def tlv(id: str, value: str) -> str:
        return f"{id}{len(value):02}{value}"

    account = tlv("00", "com.example.pay") + tlv("01", "merchant-42")
    parts = [tlv("00", "01"), tlv("01", "12"), tlv("26", account), tlv("52", "5812"), tlv("53", "978")]
    parts += [tlv("54", amount), tlv("58", "DE"), tlv("59", "Cafe Example"), tlv("60", "Berlin")]
    text = "".join(parts) + tlv("62", tlv("05", label)) + "6304"
    return f"{text}{crc16(text.encode()):04X}"


def main() -> None:
    merchant = Key.signing()
    store = SqlStore("sqlite://", authority="pay.cafe.example")
    ref = new_ref()

    def signed(version: int, amount: str, bill: str) -> dict[str, object]:
        body = {"title": f"Bill {bill}", "data": {"emv": request(amount, bill)}}
        return {"body": seal_body(body, authority="pay.cafe.example", ref=ref, version=version, signer=merchant)}

    counter = store.create({"ref": ref, **signed(1, "12.50", "A1")})
    ring = Keyring([merchant.public_half()])
    policy = AuthorityPolicy(keys=ring, require_signed=True)
    app = Resolver(Trust({"pay.cafe.example": policy}), StoreSource(store))

    for version, (amount, bill) in enumerate((("12.50", "A1"), ("7.00", "A2")), 1):
        if version > 1:
            store.put(ref, signed(version, amount, bill), if_version=version - 1)
        found = app.resolve(counter.url)
        payment = parse(found.data["emv"])
        assert isinstance(payment, Emv)
        assert not payment.issues
        print(
            f"{found.title}: pay {payment.amount} (currency {payment.currency}) to {payment.merchant}, {payment.city}"
        )
    store.close()


if __name__ == "__main__":
    main()
