"""The examples run, and say what they promise."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

pytest.importorskip("segno")
pytest.importorskip("httpx2")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "records"
EXPECTED = {
    "five_minutes": ["leads to https://shop.example/menu", "and now to https://shop.example/winter"],
    "product_information": ["产品信息", "harvested, pressed, bottled", "last step now: delivered", "olive-oil/recipes"],
    "anti_counterfeit": ["genuine: Watch 2000 W2000-17", "first scan: True", "claim.exhausted", "forged: seal.invalid"],
    "shop_code": ["order?table=Table%202", "关于我们", "order/closed?table=Table%203"],
    "coupon_and_lottery": ["drawn once: True", "claim.per_claimant", "claim.exhausted", "as shuffled: True"],
    "ticket": ["Concert seat 5", "as a coupon: refused", "claim.exhausted", "after voiding: 2", "claim.closed"],
    "login": ["the phone asks: Sign in at site.example?", "signed in: ann in this session: True", "claim.closed"],
    "contact_card": [
        "first: Engineer +49301",
        "later: Director +49302",
        "['sealed']",
        "erased: resolve.gone [None, None]",
    ],
    "payment_request": ["pay 12.50 (currency 978) to Cafe Example", "pay 7.00"],
    "shelf": [
        "9506000134352.png 9506000134352 -> https://brand.example/9506000134352",
        "4006381333931 -> https://brand.example/4006381333931",
        "9780201379624 -> resolve.not_found",
    ],
    "scan_counts": ["Bus stop    49", "before noon: 61"],
}


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_example(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    if "store" in names:
        names["store"].close()
    out = capsys.readouterr().out
    for text in EXPECTED[name]:
        assert text in out


def test_the_five_minutes_take_ten_lines() -> None:
    text = (EXAMPLES / "five_minutes.py").read_text().split('"""')[2]
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("import", "from"))]
    assert len(lines) <= 10
