"""Which character set bytes are in, where nobody says it: `guess_charset`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

__all__ = ["decodes", "guess_charset"]


def guess_charset(runs: Sequence[bytes], modes: Collection[str] = ()) -> tuple[str, ...]:
    """The codecs, best first, of bytes of which nobody says what they are.

    UTF-8 where every run is valid UTF-8: other text almost never is by accident. Else the candidate with the
    highest mean score of its characters outside ASCII, weighted by their bytes; a candidate in which a run is
    not valid is out, and of equals the first of Shift_JIS, GB 18030, Big5, EUC-KR, ISO 8859-1 wins. A character
    scores:

    - 3 where it is among the few hundred most frequent ones of that set's languages, or is kana in Shift_JIS;
    - 1 where it is in the set's block of common characters, or is its punctuation or a full-width form;
    - 1 1/2 where it is half-width katakana in a run of three or more that can be pronounced, 2 1/2 where that has
      a voiced sound mark; other half-width katakana 0, as any Latin letters with accents look like it;
    - -1 for the rest of the set, -6 for controls and what is not assigned.

    In ISO 8859-1 a letter scores 2 in a word of ASCII letters, unless a capital follows a small letter, signs
    such as © or ° score 2 beside a digit, else 1/2, and letters in runs of more than two -2: these are bytes
    of something else. Shift_JIS gets 2 more where the symbol has kanji segments, GB 18030 where it has Hanzi.
    """
    if all(decodes(run, "utf-8") for run in runs):
        return ("utf-8-sig",)
    scores = [_score(runs, charset) for charset in _CHARSETS]
    scores[0] += 2 * ("kanji" in modes)
    scores[1] += 2 * ("hanzi" in modes)
    best = max(range(len(scores)), key=scores.__getitem__)
    return _CHARSETS[best]


def decodes(data: bytes, codec: str) -> bool:
    """Whether these bytes are valid in a character set of Python's."""
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


_CHARSETS: tuple[tuple[str, ...], ...] = (
    ("shift_jis", "cp932"),
    ("gb18030",),
    ("big5", "cp950"),
    ("euc_kr", "cp949"),
    ("latin-1",),
)
_SAMPLE = 4096  # bytes that are looked at: more changes no verdict

_OUT = -100.0  # not valid in this set


def _score(runs: Sequence[bytes], charset: tuple[str, ...]) -> float:
    points = 0.0
    size = 0
    for run in runs:
        codec = next((name for name in charset if decodes(run, name)), None)
        if codec is None:
            return _OUT
        text = run[:_SAMPLE].decode(codec, errors="ignore")
        if codec == "latin-1":
            points += sum(_latin_points(text, i) for i, c in enumerate(text) if c > "\x7f")
            size += sum(c > "\x7f" for c in text)
        else:
            frequent, common = _CJK[charset[0]]
            for c in text:
                if c > "\x7f":
                    code = c.encode(codec)
                    points += len(code) * _cjk_points(c, code, frequent, common, charset[0])
                    size += len(code)
            points += sum(map(_kana_points, _HALF_WIDTH.findall(text)))
    return points / size if size else _OUT


def _cjk_points(c: str, code: bytes, frequent: frozenset[str], common: tuple[bytes, bytes], charset: str) -> float:
    if c in frequent:
        return 3
    if "\u3040" <= c <= "\u30ff":  # kana
        return 3 if charset == "shift_jis" else -1
    if "\uff61" <= c <= "\uff9f":  # half-width katakana
        return 0
    if "\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" or c in "…—‘’“”·":
        return 1
    if c < "\xa0" or "\ue000" <= c <= "\uf8ff" or not c.isprintable():
        return -6
    in_block = len(code) == 2 and common[0][0] <= code[0] <= common[1][0]
    return 1 if in_block and (code[1] >= 0xA1 or charset in ("shift_jis", "big5")) else -1


_HALF_WIDTH = re.compile("[ｦ-ﾟ]{3,}")
_PRONOUNCED = re.compile(
    "(?:(?:[ｷｼﾁﾆﾋﾐﾘ][ﾞﾟ]?[ｬｭｮ]|ﾃﾞ?[ｨｭ]|ﾌ[ｧｨｪｫｭ]|ｳﾞ?[ｧｨｪｫ]|ﾄﾞ?ｩ|[ｼﾁ]ﾞ?ｪ|ﾂ[ｧｨｪｫ]|[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｦｱ-ﾝ])ｰ?ｯ?)+"
)


def _kana_points(run: str) -> float:
    if not _PRONOUNCED.fullmatch(run):
        return 0
    return len(run) * (2.5 if "ﾞ" in run or "ﾟ" in run else 1.5)


def _latin_points(text: str, i: int) -> float:
    c = text[i]
    if c < "\xa0":
        return -6
    before, after = text[i - 1] if i else " ", text[i + 1] if i + 1 < len(text) else " "
    if not c.isalpha() or c in "ªº":
        return 2 if before.isdecimal() or after.isdecimal() else 0.5
    around = text[max(0, i - 2) : i + 3]
    if any(_foreign(around[k : k + 3]) for k in range(len(around) - 2)) or (c.isupper() and before.islower()):
        return -2
    return 2 if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()) else -1


def _foreign(three: str) -> bool:
    """Whether these are letters with accents only, as no word of Latin letters has them."""
    return all(c > "\x7f" and c.isalpha() for c in three)


# The most frequent characters of running text, and the first and last code of each set's common block: JIS level 1
# kanji, GB 2312 level 1 (by sound), Big5 frequently used, KS X 1001 Hangul.
_KANJI = """
日一国会人年大十二本中長出三同時政事自行社見月分議後前民生連五発間対上部東者党地合市業内相方四定今回
新場金員九入選立開手米力学問高代明実円関決子動京全目表戦経通外最言氏現理調体化田当八六約主題下首意法
不来作性的要用制治度務強気小七成期公野協取都和統以機平総加山思家話世受区領多県続進正安設保改数記院女
初北午指権心界支第産結百派点教報済書府活原先共得解名交資予川向際査勝面委告軍文反元重近千考判認画海参
売利組知案道信策集在件団別物側任引使求所次水半品昨論計死官増係感特情投示変打男基私各始島直両朝価式確
村提運終果西勢減台広容必応演電歳住争談能無再位置企真流格有口過局少放税検町常校料裁状工建語球営空職証
土与急止送供可役構木割聞身費付施切由説転食比難防車優夫研収断何南石足違消神番規術護展態導備宅害配算視
条独宮究育席訪楽起万着乗店想線率病農州声質念待試族銀域助例然早張映限親額環験追商義伝働形落担好準辺造
英株頭技低毎医復仕去味失移個門写評課末守種美影命福量望松非観整白深字答夜製音申様財港識注呼達漢郵便号
御願致
"""
_SIMPLIFIED = """
的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里
用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实
日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政
美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员
解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件
计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象
完设式色路记南品住告类求据程北边张该交规万取格望觉术领共确传师观清今切院让识带导争运码扫描微请您欢迎
谢维支付京州广收款号址店限
"""
_TRADITIONAL = """
的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作里
用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實
日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政
美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員
解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件
計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象
完設式色路記南品住告類求據程北邊張該交規萬取格望覺術領共確傳師觀清今切院讓識帶導爭運碼掃描請您歡迎謝
維支付臺灣台繁港香縣號址店限
"""
_HANGUL = """
이다는을의가에한하고지사도로기어리시자대나있인스일그해서정만전주수라보부아제안들게구오여러적상과원장
유무우성신마소국면관공생민치었경등내위모년중진동선세거바조방비당불연미요개실물문교결할용합감음본울녕
니습은를으네까와야될된되했것없않말때계화학업회영남북강산천광역군읍길번호층점름확예약쿠폰료배송객센터
카페식텔병운행차입출금글명외통단설심작품반간발재양복속열현파타트드크프르즈노머려좋저처체최초추친커코
큐키탁택토투판편평포표필
"""


def _set(*characters: str) -> frozenset[str]:
    return frozenset("".join(characters)) - {"\n"}


_CJK: dict[str, tuple[frozenset[str], tuple[bytes, bytes]]] = {
    "shift_jis": (_set(_KANJI), (b"\x88\x9f", b"\x98\x72")),
    "gb18030": (_set(_SIMPLIFIED), (b"\xb0\xa1", b"\xd7\xf9")),
    "big5": (_set(_TRADITIONAL), (b"\xa4\x40", b"\xc6\x7e")),
    "euc_kr": (_set(_HANGUL), (b"\xb0\xa1", b"\xc8\xfe")),
}
