"""The page's scripts by themselves, in Chromium: sealing, links, codes, diffs, against Python's vectors and others."""

from __future__ import annotations

import difflib
import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
import zxingcpp
from playwright.sync_api import Page
from segno import encoder

import qrcore
from qrcore.payload import CodeRef, parse
from qrcore.records import Context, Key, Keyring, code_key, new_secret, sign, unseal, verify
from qrcore.records.model import LinkRules, fill_label, is_safe_href
from tests.page.code_vectors import vectors
from tests.page.site import STATIC, strings

HERE = Path(__file__).parent
CODES: list[dict[str, Any]] = json.loads((HERE / "vectors" / "codes.json").read_text())


def run(page: Page, module: str, script: str, argument: Any = None) -> Any:
    """What a function of the module `m` and the argument `a` gives."""
    bytes_of = "const {fromHex, toHex} = await import('/bytes.js');"
    return page.evaluate(f"async a => {{ const m = await import('/{module}.js'); {bytes_of} {script} }}", argument)


def test_the_committed_codes_are_what_python_writes() -> None:
    assert vectors() == CODES


def test_sealing_in_the_browser_gives_pythons_bytes(scripts: Page) -> None:
    script = """
      const out = [];
      for (const c of a) {
        const [secret, iv] = [fromHex(c.secret), fromHex(c.iv)];
        const token = await m.claimToken(secret, c.authority, c.ref);
        const encoded = m.encodeBody(c.body);
        out.push({encoded: toHex(encoded), token: toHex(token), token_hash: toHex(await m.tokenHash(token)),
                  message: toHex(await m.seal(encoded, secret, c, iv))});
      }
      return out;"""
    assert len(CODES) >= 6
    wanted = [{name: c[name] for name in ("encoded", "token", "token_hash", "message")} for c in CODES]
    assert run(scripts, "seal", script, CODES) == wanted


def test_what_python_sealed_opens_in_the_browser_and_the_other_way_round(scripts: Page) -> None:
    script = """
      const out = [];
      for (const c of a) {
        const {fromBase64, toBase64} = await import('/bytes.js');
        const opened = await m.openBody(toBase64(fromHex(c.message)), fromHex(c.secret), c);
        const again = await m.sealBody(opened.body, fromHex(c.secret), c);
        out.push({...opened, again: toHex(fromBase64(again.sealed))});
      }
      return out;"""
    for code, found in zip(CODES, run(scripts, "seal", script, CODES), strict=True):
        encoded = bytes.fromhex(code["encoded"])
        assert found["body"] == json.loads(encoded)
        assert (found["sealed"], found["signed"]) == (True, None)
        assert found["again"] != code["message"], "a nonce was used twice"
        context = Context("enc", code["authority"], code["ref"], code["version"])
        key = code_key(bytes.fromhex(code["secret"]), code["authority"], code["ref"])
        assert unseal(bytes.fromhex(found["again"]), Keyring([key]), context=context).body == encoded


def test_every_changed_cut_or_added_byte_is_seal_invalid(scripts: Page) -> None:
    script = """
      const [code, secret] = [a, fromHex(a.secret)];
      const message = fromHex(a.message);
      const wrong = [];
      const tries = [message.slice(0, -1), message.slice(1), new Uint8Array([...message, 0]), new Uint8Array()];
      for (let i = 0; i < message.length; i++) tries.push(message.map((byte, j) => i === j ? byte ^ 1 : byte));
      for (const other of tries) {
        try { await m.unseal(other, secret, code); wrong.push('opened'); }
        catch (error) { if (error.code !== 'seal.invalid') wrong.push(String(error)); }
      }
      for (const [name, value] of [['version', 2], ['ref', 'G'.repeat(16)], ['authority', 'p.example']]) {
        try { await m.unseal(message, secret, {...code, [name]: value}); wrong.push(name); }
        catch (error) { if (error.code !== 'seal.invalid') wrong.push(String(error)); }
      }
      await m.unseal(message, secret, code);
      return [tries.length, wrong];"""
    tries, wrong = run(scripts, "seal", script, CODES[0])
    assert tries > 100
    assert wrong == []


def test_signed_messages_of_another_implementation_verify(scripts: Page) -> None:
    entries = json.loads((HERE.parent / "records/vectors/cwt.json").read_text())
    signed = [entry for entry in entries if entry["alg"] == -8 and entry["context"][1]]
    keys = [Key.signing(bytes.fromhex(entry["key"])).to_jwk() for entry in signed[:1]]
    script = """
      const out = [];
      for (const {message, context: [, authority, ref, version]} of a.signed) {
        const context = {authority, ref, version};
        const {body, verified} = await m.verify(fromHex(message), a.keys, context);
        const stranger = await m.verify(fromHex(message), [], context);
        let refused = '';
        try { await m.verify(fromHex(message), a.keys, {...context, version: version + 1}); }
        catch (error) { refused = error.code; }
        out.push([toHex(body), verified, stranger.verified, refused]);
      }
      return out;"""
    found = run(scripts, "seal", script, {"signed": signed, "keys": keys})
    assert len(signed) >= 30
    assert found == [[entry["body"], True, False, "seal.invalid"] for entry in signed]


def test_a_body_that_is_signed_and_sealed_opens(scripts: Page) -> None:
    from qrcore.records import seal_body

    signer, secret = Key.signing(), new_secret()
    where = {"authority": "q.example", "ref": "0123456789ABCDEF", "version": 3}
    body = seal_body({"title": "Both"}, **where, secret=secret, signer=signer)
    assert body.sealed is not None
    script = """
      const {toBase64} = await import('/bytes.js');
      const sealed = toBase64(fromHex(a.message));
      return Promise.all([a.keys, []].map(keys => m.openBody(sealed, fromHex(a.secret), a.where, async () => keys)));"""
    argument = {"message": body.sealed.hex(), "secret": secret.hex(), "where": where, "keys": [signer.to_jwk()]}
    known, unknown = run(scripts, "seal", script, argument)
    assert known == {"body": {"title": "Both"}, "sealed": True, "signed": "verified"}
    assert unknown["signed"] == "unchecked"
    plain = sign(b'{"title":"Signed"}', key=signer, context=Context("sign", *where.values()))
    assert verify(plain, Keyring([signer]), context=Context("sign", *where.values())).body
    script = """
      const {toBase64} = await import('/bytes.js');
      return m.openBody(toBase64(fromHex(a.message)), null, a.where, async () => a.keys);"""
    found = run(scripts, "seal", script, {**argument, "message": plain.hex()})
    assert found == {"body": {"title": "Signed"}, "sealed": False, "signed": "verified"}


LINKS = (
    "HTTPS://Q.EXAMPLE/C/0123456789ABCDEF",
    "https://q.example/c/oil3456789abcdef",
    "https://q.example:8443/c/0123456789ABCDEF#AAAAAAAAAAAAAAAAAAAAAA",
    "https://q.example/c/0123456789ABCDEF#AAAAAAAAAAAAAAAAAAAAAB",
    "https://q.example/c/0123456789ABCDEF#",
    "https://q.example/c/0123456789ABCDEU",
    "https://q.example/c/0123456789ABCDE",
    "https://u@q.example/c/0123456789ABCDEF",
    "https://q.example/c/0123456789ABCDEF?x",
    "https://q..example/c/0123456789ABCDEF",
    "http://q.example/c/0123456789ABCDEF",
    "https://gооd.example/c/0123456789ABCDEF",
)


def test_links_are_read_and_written_as_in_python(scripts: Page) -> None:
    script = """
      return a.map(text => m.readLink(text)).map(link => link &&
        [link.authority, link.ref, link.secret && toHex(link.secret), m.writeLink(...Object.values(link))]);"""
    wanted = []
    for text in [*LINKS, *(code["link"] for code in CODES)]:
        found = parse(text)
        sound = isinstance(found, CodeRef) and not found.issues
        wanted.append(
            [found.authority, found.ref, found.secret and found.secret.hex(), found.encode()] if sound else None
        )
    assert run(scripts, "links", script, [*LINKS, *(code["link"] for code in CODES)]) == wanted
    refs = run(scripts, "links", "return Array.from({length: 200}, m.newRef)")
    assert len(set(refs)) == 200
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{16}", ref) for ref in refs)


SHOWN = (
    "https://shop.example/menu", "HTTP://SHOP.EXAMPLE", "https://shop.example:8443/?a={label}#b", "tel:+4930",
    "geo:1,2", "mailto:a@b.example", "sms:+49?body=x",
)  # fmt: skip
DOUBTFUL = (
    "weixin://dl", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
    "blob:https://a/b", "about:blank", "ftp://a.example", "//shop.example", "/relative", "", "https://", "https://a b/",
    "https://user@shop.example/", "https://shop.example\\@evil.example", "https://shop.example\n.evil.example",
    "https://0x7f.1/", "https://2130706433/", "https://127.0.0.1/", "https://[::1]/", "https://[::1",
    "https://good。example/", "https://gооd.example/", "https://-a.example/", "https://a..b/",
    "https://a.example:99999/",
)  # fmt: skip


def test_a_link_that_python_does_not_show_is_not_shown(scripts: Page) -> None:
    """The browser may be stricter, since it is its own parser that follows the link; looser it may not be."""
    assert run(scripts, "links", "return a.map(href => m.isSafe(href))", SHOWN) == [True] * len(SHOWN)
    script = "return a.map(href => [m.isSafe(href), m.isSafe(href, {schemes: ['weixin', 'javascript']})])"
    for href, (plain, wider) in zip(DOUBTFUL, run(scripts, "links", script, DOUBTFUL), strict=True):
        assert not plain or is_safe_href(href), href
        assert wider == (plain or href.startswith("weixin:")), href
    targets = ["shop.example", "*.a.example", "0.0.0.0"]
    rules = LinkRules(targets=frozenset(targets))
    hrefs = [*SHOWN, *DOUBTFUL, "https://b.a.example:1/", "https://a.example/", "https://xa.example/"]
    script = "return a[0].map(href => m.isSafe(href, {targets: a[1]}))"
    found = run(scripts, "links", script, [hrefs, targets])
    for href, shown in zip(hrefs, found, strict=True):
        assert not shown or rules.admit(href), href
    assert [href for href, shown in zip(hrefs, found, strict=True) if shown] == [*SHOWN, "https://b.a.example:1/"]
    hrefs = ["https://a.example/?t={label}&u={label}", "https://a.example/{label}", "https://a.example/"]
    labels = ["Table 1", "a&b=c#d", "!'()*~", "菜单", "$&"]
    script = "return a[0].map(href => a[1].map(label => m.fillLabel(href, label)))"
    assert run(scripts, "links", script, [hrefs, labels]) == [[fill_label(h, label) for label in labels] for h in hrefs]


def test_codes_are_the_matrices_of_another_writer(scripts: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """segno's, module by module, for every mask; it adds a needless zero byte where the stream is even."""
    original = encoder.write_padding_bits
    monkeypatch.setattr(encoder, "write_padding_bits", lambda b, v, n: original(b, v, n) if n % 8 else None)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$%*+-./: "
    rng = random.Random(8)
    texts = [LINKS[0], LINKS[2], "A", "héllo", *("".join(rng.choices(letters, k=n)) for n in range(5, 480, 37))]
    texts += ["x" + "".join(rng.choices(letters, k=n)) for n in range(5, 330, 31)]
    jobs = [(text, (i + j) % 8) for i, text in enumerate(texts) for j in range(8 if i < 2 else 1)]
    versions = set()
    for (text, mask), rows in zip(
        jobs, run(scripts, "qr", "return a.map(([t, k]) => m.encode(t, k))", jobs), strict=True
    ):
        mode = "alphanumeric" if set(text) <= set(letters) else "byte"
        encoding = "utf-8" if mode == "byte" else None
        other = segno.make_qr(text, error="M", boost_error=False, mask=mask, mode=mode, encoding=encoding, eci=False)
        assert np.array_equal(rows, np.array(other.matrix, bool)), (text, mask)
        versions.add(other.version)
    assert versions >= set(range(1, 14)) - {7}


def test_codes_read_without_a_wrong_module(scripts: Page) -> None:
    texts = [*LINKS[:3], *(code["link"] for code in CODES), "https://" + "a" * 250 + ".example/c/0123456789ABCDEF"]
    for text, rows in zip(texts, run(scripts, "qr", "return a.map(text => m.encode(text))", texts), strict=True):
        picture = (
            np.pad(np.where(np.array(rows), 0, 255).astype(np.uint8), 4, constant_values=255).repeat(6, 0).repeat(6, 1)
        )
        symbol = qrcore.decode_one(picture)
        assert symbol is not None
        assert symbol.error_level is not None
        assert (symbol.text, symbol.corrected, symbol.error_level.value) == (text, 0, "M")
        assert zxingcpp.read_barcode(picture).text == text
    with pytest.raises(Exception, match="too long"):
        run(scripts, "qr", "return m.encode('x'.repeat(1000))")


def test_a_diff_leads_from_one_text_to_the_other_and_is_as_short_as_difflibs(scripts: Page) -> None:
    rng = random.Random(3)
    pairs = [[rng.choices("abcdef", k=rng.randrange(30)) for _ in range(2)] for _ in range(200)]
    found = run(scripts, "diff", "return a.map(([before, after]) => m.diffLines(before, after))", pairs)
    for (before, after), lines in zip(pairs, found, strict=True):
        assert [entry["line"] for entry in lines if entry["kind"] != "added"] == before
        assert [entry["line"] for entry in lines if entry["kind"] != "removed"] == after
        blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        assert sum(entry["kind"] == "same" for entry in lines) >= sum(block.size for block in blocks)


def test_numbers_that_javascript_cannot_hold_survive(scripts: Page) -> None:
    text = '{"big":123456789012345678901,"small":7,"float":12.50,"list":[9007199254740993]}'
    found = run(scripts, "bytes", "return JSON.stringify(m.parseJson(a))", text)
    assert json.loads(found) == json.loads(text)


def test_both_languages_say_everything_and_nothing_is_said_that_no_page_uses() -> None:
    english, chinese = strings("en"), strings("zh")
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) >= set(re.findall(r"\{\w+\}", chinese[key])) - {"{label}"}, key
    sources = [path.read_text() for path in STATIC.glob("*.js") if not path.name.startswith("strings")]
    sources += [path.read_text() for path in (STATIC.parent / "templates").glob("*.html")] + [
        (STATIC.parent / "__init__.py").read_text()
    ]
    used = set(re.findall(r"""["'`]((?:[a-z_]+)(?:\.[a-z_]+)*)["'`]""", "\n".join(sources)))
    families = ("error.", "kind.", "level.", "reason.", "rel.", "state.", "tab.", "nav.", "notice.", "viewer.")
    unknown = [key for key in english if key not in used and not key.startswith(families)]
    assert unknown == []
    called = {key for source in sources for key in re.findall(r"""\bt\(["']([\w.]+)["']""", source)}
    called |= {key for source in sources for key in re.findall(r"""\bt\[["']([\w.]+)["']\]""", source)}
    assert called - set(english) == set()
