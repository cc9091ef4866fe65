"""Texts: character sets named by an ECI or guessed, structured append, and showing."""

from __future__ import annotations

import codecs
from dataclasses import replace
from functools import reduce
from operator import xor

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from pictures import draw

import qrcore
from qrcore import Joined, Mode, Point, Segment, StructuredAppend, Symbol, Symbology
from qrcore.charset import guess_charset
from qrcore.printable import printable
from qrcore.text import ECI_CODECS, decode_segments

WORDS = {
    "shift_jis": "東京 日本語 株式会社 こんにちは カタカナ 漢字テスト 営業時間 お問い合わせ 大阪市北区 郵便番号 田中太郎 佐藤花子 "
    "新宿駅東口 QRコード 読み取り ﾃｽﾄ ﾃﾞｻﾞｲﾝQR ｲﾗｽﾄ入りｶﾗｰQRｺｰﾄﾞ ﾀﾞﾌﾞﾙ ﾊﾟｰｷﾝｸﾞ ﾒﾆｭｰ 北海道札幌市 有限会社鈴木商店 会議室 受付 参加費 無料 電話番号",
    "gb18030": "你好 中国 中文 北京市 上海市浦东新区 欢迎光临 请扫描二维码 微信支付 简体中文测试 有限公司 电话号码 产品说明 "
    "生产日期 李明 王小红 广州 深圳市南山区 防伪码 查询 地址 联系我们 保质期十二个月 苹果 茅台酒",
    "big5": "你好 中華民國 中文 台北市 繁體中文 歡迎光臨 請掃描 謝謝 電話號碼 有限公司 香港特別行政區 地址 統一發票 產品說明 "
    "製造日期 王小明 陳大文 高雄市 優惠券 餐廳 停車場 臺灣銀行 信義區 悠遊卡",
    "euc_kr": "안녕하세요 서울 한국어 대한민국 감사합니다 부산광역시 주식회사 전화번호 주소 이름 김철수 박영희 쿠폰 할인 결제 "
    "예약확인 병원 카페 강남구 제품설명 유통기한 홍길동 무료 배송 조회",
    "latin-1": "Müller café naïve Ñandú Ångström Straße Größe Élysée garçon señor São_Paulo Übung Äpfel 20°C £5 ©2020 façade "
    "Zürich Malmö Tromsø crème_brûlée déjà_vu coração Îles Où ça_va über «hola» ¿Qué? niño Köln Düsseldorf",
}


def text_of(*pieces: tuple[str, int | None, bytes]) -> str:
    return "".join(decode_segments(pieces))


# ------------------------------------------------------------------------------------------------ guessing


@pytest.mark.parametrize("charset", WORDS)
def test_words_in_every_charset_are_recognised(charset: str) -> None:
    words = WORDS[charset].split()
    texts = words + [" ".join(words)] + [f"https://example.org/?name={word}" for word in words]
    for text in texts:
        data = text.replace("_", " ").encode(charset)
        assert text_of(("byte", None, data)) == text.replace("_", " ")


@given(st.text(min_size=1))
def test_utf_8_is_always_taken_for_utf_8(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    assert text_of(("byte", None, data)) == data.decode("utf-8-sig")


@given(st.binary())
def test_any_bytes_have_a_text_and_ascii_stays(data: bytes) -> None:
    text = text_of(("byte", None, data))
    assert text.isascii() == data.isascii()


def test_a_byte_order_mark_is_no_text() -> None:
    assert text_of(("byte", None, codecs.BOM_UTF8 + "é".encode())) == "é"


def test_the_guess_sees_all_unnamed_segments_together() -> None:
    hint = "こんにちは世界".encode("shift_jis")
    short = "ｱ".encode("shift_jis")  # alone it would be Latin
    alone, together = (
        text_of(("byte", None, short)),
        text_of(("byte", None, short), ("numeric", None, b"1"), ("byte", None, hint)),
    )
    assert alone != "ｱ"
    assert together == "ｱ1こんにちは世界"


def test_a_character_cut_by_two_segments_is_whole() -> None:
    data = "漢字".encode()
    assert text_of(("byte", None, data[:1]), ("byte", None, data[1:5]), ("byte", None, data[5:])) == "漢字"
    assert text_of(("byte", 26, data[:2]), ("byte", 26, data[2:])) == "漢字"


def test_kanji_and_hanzi_segments_tell_the_charset_of_the_others() -> None:
    ambiguous = b"\xb0\xb1\xb2\xb3"
    assert text_of(("byte", None, ambiguous)) == "氨渤"
    assert text_of(("byte", None, ambiguous), ("kanji", None, "漢".encode("shift_jis"))) == "ｰｱｲｳ漢"
    japanese = "ｱｲｳｴ".encode("shift_jis")
    assert text_of(("byte", None, japanese)) == "ｱｲｳｴ"
    assert text_of(("byte", None, japanese), ("hanzi", None, "汉".encode("gb2312"))) == "辈炒汉"


def test_controls_are_no_latin_letters() -> None:
    assert guess_charset([b"\x83e\x83X\x83g"])[0] == "shift_jis"


# ------------------------------------------------------------------------------------------------ named


@pytest.mark.parametrize(("eci", "names"), ECI_CODECS.items())
def test_every_charset_of_the_eci_table_is_known_to_python(eci: int, names: tuple[str, ...]) -> None:
    for name in names:
        codecs.lookup(name)
    sample = {5: "ħ", 6: "ģ", 7: "Ж", 8: "ب", 9: "Ω", 10: "א", 13: "ก", 22: "Ж", 24: "ب", 20: "漢", 28: "漢", 30: "한"}
    text = sample.get(eci, "字" if eci in (25, 26, 29, 31, 32, 33, 34, 35) else "~" if eci in (27, 170) else "é")
    if eci in (4, 15, 17, 18, 21, 23, 11, 12, 16):
        text = "é" if eci != 12 else "ē"
    data = text.encode(names[0])
    assert text_of(("byte", eci, data)) == text


def test_an_eci_is_obeyed_even_where_the_bytes_look_like_something_else() -> None:
    assert text_of(("byte", 3, "é".encode())) == "Ã©"
    assert text_of(("byte", 26, b"caf\xe9")) == "caf\ufffd"
    assert text_of(("byte", 899, bytes(range(256)))) == bytes(range(256)).decode("latin-1")


def test_wide_charsets_are_not_taken_for_ascii() -> None:
    assert text_of(("byte", 25, "hi".encode("utf-16-be"))) == "hi"
    assert text_of(("byte", 35, "hi".encode("utf-32-le"))) == "hi"


def test_an_unknown_eci_is_guessed() -> None:
    for eci in (14, 19, 36, 200, 999999):
        assert text_of(("byte", eci, "é".encode())) == "é"


def test_segments_of_different_charsets_stand_in_one_text() -> None:
    pieces = [
        ("alphanumeric", None, b"A1"),
        ("byte", 7, "Ж".encode("iso8859-5")),
        ("kanji", 7, "漢".encode("shift_jis")),
        ("hanzi", None, "汉".encode("gb2312")),
        ("byte", 9, "Ω".encode("iso8859-7")),
    ]
    assert decode_segments(pieces) == ["A1", "Ж", "漢", "汉", "Ω"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("plain", {}),
        ("Ünïcödé", {"encoding": "utf-8", "eci": True}),
        ("Привет", {"encoding": "iso8859-5", "eci": True}),
        ("日本語", {"mode": "kanji"}),
        ("汉字", {"mode": "hanzi"}),
        ("日本語 shift_jis", {"encoding": "shift_jis"}),
        ("中文 gb18030 𠀀", {"encoding": "gb18030", "eci": True}),
    ],
)
def test_texts_of_real_symbols(text: str, options: dict[str, object]) -> None:
    try:
        symbol = segno.make_qr(text, **options)
    except ValueError as error:
        pytest.skip(f"segno: {error}")
    assert [s.text for s in qrcore.decode(draw(symbol))] == [text]


# ------------------------------------------------------------------------------------------------ showing


def test_printable_keeps_letters_and_escapes_what_acts() -> None:
    assert printable("naïve 漢字 \\n €") == "naïve 漢字 \\n €"
    assert printable("a\n\t\x1b[0m\x9b\u202e\ufeff\U000e0001") == "a\\n\\t\\x1b[0m\\x9b\\u202e\\ufeff\\U000e0001"


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    assert printable(text).isprintable()


# ------------------------------------------------------------------------------------------------ structured append


def part(index: int, total: int, data: bytes, parity: int) -> Symbol:
    place = Point(0.0, 0.0)
    return Symbol(
        text=data.decode("utf-8", "replace"),
        data=data,
        corners=(place, place, place, place),
        symbology=Symbology.QR,
        segments=(Segment(Mode.BYTE, data, data.decode("utf-8", "replace")),),
        structured_append=StructuredAppend(index, total, parity),
    )


def parts(message: bytes, total: int) -> list[Symbol]:
    size = -(-len(message) // total)
    parity = reduce(xor, message, 0)
    return [part(i, total, message[i * size : (i + 1) * size], parity) for i in range(total)]


@given(st.text(min_size=16, max_size=200), st.integers(2, 16), st.randoms())
def test_a_complete_set_is_joined_in_any_order(text: str, total: int, random: object) -> None:
    message = text.encode("utf-8", "ignore")
    symbols = parts(message, total)
    random.shuffle(symbols)
    (joined,) = qrcore.join_structured_append(symbols + symbols[:2])
    assert joined.data == message
    assert joined.text == message.decode("utf-8-sig")  # characters cut between two symbols are whole
    assert joined.complete
    assert joined.parity_ok
    assert [s.structured_append.index for s in joined.symbols if s.structured_append] == list(range(total))


def test_missing_parts_are_named_and_nothing_is_joined() -> None:
    first, _, third, _ = parts(b"one two three four", 4)
    (joined,) = qrcore.join_structured_append([third, first])
    assert joined == Joined("", b"", (first, third), 4, first.structured_append.parity, missing=(1, 3))
    assert not joined.complete


def test_a_wrong_parity_is_told() -> None:
    symbols = parts(b"some message", 2)
    damaged = [replace(s, structured_append=replace(s.structured_append, parity=77)) for s in symbols]
    (joined,) = qrcore.join_structured_append(damaged)
    assert joined.complete
    assert not joined.parity_ok
    assert joined.data == b"some message"


def test_two_sets_and_single_symbols_are_kept_apart() -> None:
    a, b = parts(b"first message", 2), parts(b"another one", 3)
    single = replace(a[0], structured_append=None)
    failed = replace(a[0], status=qrcore.Status.correction)
    mixed = [b[2], single, a[1], failed, b[0], a[0], b[1]]
    assert [joined.data for joined in qrcore.join_structured_append(mixed)] == [b"another one", b"first message"]
    assert qrcore.join_structured_append([]) == []


def test_different_texts_under_one_index_are_two_sets() -> None:
    a, b = part(0, 2, b"ab", 3), part(0, 2, b"ba", 3)
    assert [joined.missing for joined in qrcore.join_structured_append([a, b])] == [(1,), (1,)]


def test_a_set_from_pictures_is_joined() -> None:
    message = "Structured append spreads one message over several symbols, ünïcode included. " * 3
    sequence = segno.make_sequence(message, symbol_count=4, encoding="utf-8")
    assert len(sequence) == 4
    found = [symbol for each in sequence for symbol in qrcore.decode(draw(each))]
    assert [s.structured_append.index for s in found if s.structured_append] == [0, 1, 2, 3]
    (joined,) = qrcore.join_structured_append(reversed(found))
    assert joined.text == message
    assert joined.parity_ok
