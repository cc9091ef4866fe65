"""`Pay`: links of payment networks, and what a network demands of its link."""

from __future__ import annotations

import pytest

from qrcore.payload import Pay, parse
from qrcore.payload.bitcoin import is_address
from qrcore.payload.pay import NETWORKS

ADDRESS = "175tWpb8K1S7NmH4Zx6rewF9WQrcZv245W"


def codes(text: str) -> list[str]:
    return [issue.code for issue in parse(text).issues]


def test_upi():
    pay = parse("upi://pay?pa=shop@bank&pn=Joe%27s%20Shop&am=10.50&cu=INR&tn=Tea&tr=T1&mc=5411")
    assert (pay.network, pay.payee, pay.name, pay.amount, pay.currency) == (
        "UPI",
        "shop@bank",
        "Joe's Shop",
        "10.50",
        "INR",
    )
    assert (pay.note, pay.reference) == ("Tea", "T1")
    assert ("mc", "5411") in pay.parameters
    assert pay.issues == ()
    assert codes("upi://pay?pn=x") == ["pay.payee"]
    assert codes("upi://pay?pa=a@b&am=ten&cu=USD") == ["pay.amount", "pay.currency"]


@pytest.mark.parametrize(  # the examples of BIP 21
    ("text", "name", "amount", "note", "issues"),
    [
        (f"bitcoin:{ADDRESS}", "", "", "", []),
        (f"bitcoin:{ADDRESS}?label=Luke-Jr", "Luke-Jr", "", "", []),
        (f"bitcoin:{ADDRESS}?amount=20.3&label=Luke-Jr", "Luke-Jr", "20.3", "", []),
        (
            f"bitcoin:{ADDRESS}?amount=50&label=Luke-Jr&message=Donation%20for%20project%20xyz",
            "Luke-Jr", "50", "Donation for project xyz", [],
        ),
        (
            f"bitcoin:{ADDRESS}?req-somethingyoudontunderstand=50&req-somethingelseyoudontget=999",
            "", "", "", ["pay.required", "pay.required"],
        ),
        (f"bitcoin:{ADDRESS}?somethingyoudontunderstand=50&somethingelseyoudontget=999", "", "", "", []),
    ],
)  # fmt: skip
def test_bitcoin_links_as_bip_21_gives_them(text, name, amount, note, issues):
    pay = parse(text)
    assert (pay.network, pay.payee, pay.name, pay.amount, pay.note) == ("Bitcoin", ADDRESS, name, amount, note)
    assert [issue.code for issue in pay.issues] == ["pay.checksum", *issues]  # nobody shall pay the standard's example


def test_bitcoin_addresses_of_every_kind_and_lightning():
    assert codes("BITCOIN:BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4") == []
    assert codes("bitcoin:mySD89iqpmptrK3PhHFW9fa7BXiP7ANy3Y") == []
    assert codes("bitcoin:?lightning=lnbc1abc") == []
    assert codes("bitcoin:nonsense") == ["pay.payee"]
    assert "pay.amount" in codes(f"bitcoin:{ADDRESS}?amount=20,3")
    assert parse("LIGHTNING:LNBC20M1PVJLUEZ").network == "Lightning"
    assert codes("lightning:") == ["pay.payee"]


@pytest.mark.parametrize(
    ("address", "sound"),
    [
        (ADDRESS, False),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", True),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", False),
        ("11A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN", False),
        ("1111111111111111111114oLvT2", True),
        ("3P14159f73E4gFr7JterCCQh9QjiTjiZrG", True),
        # BIP 173 and BIP 350, their own lists
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", True),
        ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", True),
        ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", True),
        ("BC1SW50QGDZ25J", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", False),  # Bech32 where Bech32m is due
        ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", False),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", False),
        ("bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", False),  # mixed case
        ("bc1rw5uspcuh", False),
        ("bc1gmk9yu", False),
        ("", False),
    ],
)
def test_the_check_sum_of_an_address(address, sound):
    assert is_address(address) is sound
    assert bool(codes(f"bitcoin:{address}")) is not sound


@pytest.mark.parametrize(
    ("text", "network", "payee"),
    [
        ("https://qr.alipay.com/fkx01234567890", "Alipay", "fkx01234567890"),
        ("HTTPS://QR.ALIPAY.COM/FKX01234567890", "Alipay", "FKX01234567890"),
        ("alipays://platformapi/startapp?appId=20000067", "Alipay", "platformapi/startapp"),
        ("wxp://f2f0abcdef", "WeChat Pay", "f2f0abcdef"),
        ("weixin://wxpay/bizpayurl?pr=abc", "WeChat Pay", "bizpayurl"),
        ("https://payapp.weixin.qq.com/qr/abc", "WeChat Pay", "qr/abc"),
        ("https://qr.95516.com/00010000/abc", "UnionPay", "00010000/abc"),
    ],
)
def test_opaque_links_are_known_by_their_prefix(text, network, payee):
    pay = parse(text)
    assert isinstance(pay, Pay)
    assert (pay.network, pay.payee, pay.encode()) == (network, payee, text)


@pytest.mark.parametrize("prefix", [prefix for network in NETWORKS for prefix in network.prefixes])
def test_every_published_prefix_makes_a_payment(prefix):
    assert parse(prefix + "x").kind == "pay"


@pytest.mark.parametrize("text", ["https://qr.alipay.com.evil.test/x", "https://evil.test/qr.alipay.com/x"])
def test_a_look_alike_host_is_a_mere_link(text):
    assert parse(text).kind == "uri"
