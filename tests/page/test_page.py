"""The page in Chromium, against a real service: what people do with it, at a desk in English, on a phone in Chinese."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

import qrcore
from qrcore.payload import CodeRef, parse
from qrcore.records import AuthorityPolicy, Body, Context, Resolver, StoreSource, Trust, code_key, seal
from qrcore.records.refs import write_secret
from qrcore.testing import draw
from tests.page.site import AUTHORITY, Site, assert_unseen, photo
from tests.page.visitor import Visitor

pytestmark = [
    pytest.mark.deep,
    pytest.mark.parametrize("visit", [("wide", "en"), ("phone", "zh")], indirect=True, ids="-".join),
]
Open = Callable[..., Visitor]


def test_corners_are_drawn_where_the_codes_are(visit: Open, site: Site, tmp_path: Path) -> None:
    """A photo that a phone stored on its side: the canvas shows it upright, and the outlines lie on the codes."""
    picture = Image.open(photo(site, tmp_path / "photo.jpg"))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    exif[0x010F] = "Maker of phones"
    picture.transpose(Image.Transpose.ROTATE_90).convert("RGB").save(tmp_path / "turned.jpg", exif=exif, quality=95)
    visitor = visit()
    visitor.log_in()
    visitor.page.set_input_files("#choose", tmp_path / "turned.jpg")
    expect(visitor.page.locator(".card")).to_have_count(3)
    data = visitor.page.evaluate("document.querySelector('canvas').toDataURL()")
    drawn = Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2])))
    assert drawn.size == picture.size
    pixels = drawn.convert("RGB").load()
    assert pixels is not None
    for symbol in qrcore.decode(picture):
        for corner in symbol.corners:
            near = [pixels[int(corner.x) + dx, int(corner.y) + dy] for dx in range(-2, 3) for dy in range(-2, 3)]
            assert any(red > 150 and green < 90 for red, green, _ in near), corner
    assert b"Maker of phones" not in b"".join(site.seen), "what a photo tells beside its picture was sent"


def test_a_picture_is_dropped_pasted_or_photographed(visit: Open, site: Site, tmp_path: Path) -> None:
    visitor = visit()
    page = visitor.page
    visitor.log_in()
    cards, drop = page.locator(".card"), page.locator(".drop")
    stamp = draw("dropped"), draw("pasted")
    pictures = []
    for pixels in stamp:
        Image.fromarray(pixels).save(written := io.BytesIO(), "PNG")
        pictures.append(base64.b64encode(written.getvalue()).decode())
    script = """([text, kind]) => {
      const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], 'picture.png', {type: 'image/png'}));
      const view = document.querySelector('.drop');
      const options = {bubbles: true, cancelable: true};
      if (kind === 'paste') return view.dispatchEvent(new ClipboardEvent('paste', {...options, clipboardData: data}));
      view.dispatchEvent(new DragEvent('dragover', {...options, dataTransfer: data}));
      const marked = view.classList.contains('over');
      const shown = !view.dispatchEvent(new DragEvent('drop', {...options, dataTransfer: data}));
      return marked && shown;
    }"""
    assert page.evaluate(script, [pictures[0], "drop"]), "the browser would leave the page for the picture"
    expect(cards.locator("pre.text")).to_have_text("dropped")
    expect(drop).not_to_have_class("drop over")
    page.evaluate(script, [pictures[1], "paste"])
    expect(cards.locator("pre.text")).to_have_text("pasted")
    shoot = page.locator("#shoot")
    if page.evaluate("navigator.maxTouchPoints") == 0:
        expect(shoot).to_have_count(0)
        return
    assert (shoot.get_attribute("capture"), shoot.get_attribute("accept")) == ("environment", "image/*")
    expect(page.get_by_text(visitor.say["read.shoot"])).to_be_visible()
    shoot.set_input_files(photo(site, tmp_path / "photo.jpg"))
    expect(cards).to_have_count(3)


def test_a_code_is_made_edited_compared_and_rolled_back(visit: Open, site: Site) -> None:
    visitor = visit()
    page, say = visitor.page, visitor.say
    visitor.log_in()
    visitor.go("make")
    visitor.fill("editor.title", "Opening <b>hours</b>")
    visitor.fill("editor.href", "https://shop.example/hours")
    page.get_by_text(say["make.more"]).click()
    visitor.fill("make.places", "Door\nBus stop")
    visitor.button("make.make").click()
    expect(page.locator(".printed .card")).to_have_count(3)
    with page.expect_download() as saved:
        page.locator(".printed .card").nth(1).get_by_role("button", name="PNG").click()
    found = parse(qrcore.decode(saved.value.path())[0].text)
    assert isinstance(found, CodeRef)
    resolver = Resolver(Trust({AUTHORITY: AuthorityPolicy()}), StoreSource(site.store))
    resolved = resolver.resolve(found)
    assert (resolved.label, resolved.chosen and resolved.chosen.href) == ("Door", "https://shop.example/hours")
    with page.expect_download() as saved:
        page.locator(".printed .card").nth(0).get_by_role("button", name="SVG").click()
    svg = saved.value.path().read_text()
    assert re.match(r'<svg xmlns="http://www.w3.org/2000/svg" width="264" ', svg)

    page.get_by_role("link", name=say["make.edit"]).click()
    expect(page.locator(".tabs")).to_be_visible()
    page.get_by_role("link", name=say["tab.code"], exact=True).click()
    expect(page.locator(".printed .place")).to_have_text(["Bus stop", "Door"])
    page.get_by_role("link", name=say["tab.content"], exact=True).click()
    expect(page.locator(".editor")).to_be_visible()
    visitor.fill("editor.title", "Summer hours")
    visitor.button("editor.add").click()
    visitor.fill("editor.href", "tel:+4930", at=1)
    visitor.button("content.save").click()
    expect(page.get_by_text(say["content.saved"].format(version=2))).to_be_visible()
    ref = resolved.ref
    assert [link.href for link in site.store.get(ref).read_body().links] == ["https://shop.example/hours", "tel:+4930"]

    site.store.put(ref, {"title": "Somebody else's"}, 2)
    visitor.button("content.save").click()
    expect(page.get_by_text(say["error.write.precondition"])).to_be_visible()

    visitor.go(f"codes/{ref}/versions")
    expect(page.locator(".diff ins").first).to_contain_text("Somebody else's")
    expect(page.locator(".diff del").first).to_contain_text("Summer hours")
    page.get_by_label(say["versions.from"]).select_option("1")
    expect(page.locator(".diff del").first).to_contain_text("Opening <b>hours</b>")
    page.locator(".rows li").last.get_by_role("button", name=say["versions.back"]).click()
    expect(page.locator(".rows li")).to_have_count(4)
    assert site.store.get(ref).read_body().title == "Opening <b>hours</b>"


def test_a_sealed_code_is_made_edited_and_rolled_back_and_the_service_reads_none_of_it(visit: Open, site: Site) -> None:
    visitor = visit()
    page, say = visitor.page, visitor.say
    visitor.log_in()
    visitor.go("make")
    visitor.fill("editor.title", "Top secret")
    visitor.fill("editor.href", "https://secret.example/first")
    page.get_by_label(say["make.seal"]).check()
    page.get_by_text(say["make.more"]).click()
    visitor.fill("make.max", "1")
    visitor.button("make.make").click()
    expect(page.get_by_text(say["make.keep"])).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").click()
    text = qrcore.decode(saved.value.path())[0].text
    link = parse(text)
    assert isinstance(link, CodeRef)
    assert link.secret is not None
    resolver = Resolver(Trust({AUTHORITY: AuthorityPolicy()}), StoreSource(site.store))
    assert resolver.resolve(text).title == "Top secret"

    page.get_by_role("link", name=say["make.edit"]).click()
    expect(page.locator(".tabs")).to_be_visible()
    visitor.fill("editor.title", "Top secret, second")
    visitor.button("content.save").click()
    expect(page.get_by_text(say["content.saved"].format(version=2))).to_be_visible()
    assert resolver.resolve(text).title == "Top secret, second"
    visitor.go(f"codes/{link.ref}/versions")
    expect(page.locator(".diff del")).to_contain_text("Top secret")
    page.locator(".rows li").last.get_by_role("button", name=say["versions.back"]).click()
    expect(page.locator(".rows li")).to_have_count(3)
    assert (resolver.resolve(text).title, resolver.resolve(text).version) == ("Top secret", 3)

    page.reload()  # which forgets the secret: the whole link is asked for, and goes nowhere
    expect(page.get_by_text(say["codes.unlock"])).to_be_visible()
    visitor.fill("codes.link", text)
    visitor.button("codes.open").click()
    expect(page.locator(".rows li")).to_have_count(3)
    assert_unseen(site.seen, link.secret, link.ref)
    assert not any(b"Top secret" in part or b"secret.example" in part for part in site.seen)
    receipt = resolver.claim(text, key="holder")
    assert receipt.ordinal == 1


def test_a_scan_without_its_secret_or_with_another_one_says_so(visit: Open, site: Site) -> None:
    visitor = visit()
    page, say = visitor.page, visitor.say
    for fragment, key in (("", "page.no_secret"), ("#short", "page.no_secret"), ("#" + "A" * 22, "seal.invalid")):
        page.goto("about:blank")
        page.goto(f"{site.origin}/c/{site.card}{fragment}")
        expect(page.get_by_role("alert")).to_have_text(say[f"error.{key}"])
    page.evaluate(f"location.hash = '#{write_secret(site.secret)}'")  # now the code is scanned whole, in the same tab
    expect(page.get_by_role("heading", name="Ann Example, Director")).to_be_visible()


def test_a_holder_redeems_once_however_often_the_answer_is_lost(visit: Open, site: Site) -> None:
    visitor = visit()
    page, say = visitor.page, visitor.say
    claims = f"**/v1/records/{site.card}/claims"
    page.route(claims, lambda route: (route.fetch(), route.abort())[1])  # granted, and nothing comes back
    page.goto(f"{site.origin}/c/{site.card}#{write_secret(site.secret)}")
    visitor.button("viewer.claim").click()
    expect(page.get_by_text(say["error.page.offline"])).to_be_visible()
    page.unroute(claims)
    page.goto(f"{site.origin}/c/{site.card}")
    page.goto(f"{site.origin}/c/{site.card}#{write_secret(site.secret)}")
    visitor.button("viewer.claim").click()
    expect(page.get_by_text(say["claims.granted"].format(ordinal=1))).to_be_visible()
    assert [receipt.ordinal for receipt in site.store.claims(site.card)] == [1]
    assert site.store.quota(site.card) is not None


def test_a_merchant_redeems_and_takes_back(visit: Open, site: Site) -> None:
    visitor = visit()
    page, say = visitor.page, visitor.say
    visitor.log_in()
    visitor.go(f"codes/{site.draw}/claims")
    visitor.button("claims.redeem").click()
    expect(page.get_by_text(say["error.claim.per_claimant"])).to_be_visible()
    visitor.fill("claims.claimant", "Ann")
    visitor.button("claims.redeem").click()
    expect(page.locator(".reveal")).to_have_text("A coffee")
    visitor.button("claims.redeem").click()
    expect(page.get_by_text(say["error.claim.per_claimant"])).to_be_visible()
    left = say["claims.left"].format(used=1, max=20, left=19)
    expect(page.locator(".left")).to_have_text(left)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=say["claims.void_one"].format(ordinal=1)).click()
    expect(page.get_by_text(say["claims.voided"].format(ordinal=1))).to_be_visible()
    expect(page.locator(".left")).to_have_text(say["claims.left"].format(used=0, max=20, left=20))
    assert [receipt.voided_at is not None for receipt in site.store.claims(site.draw)] == [True]


def test_the_button_of_a_landing_page_claims_by_post_alone_and_only_for_who_is_logged_in(
    visit: Open, site: Site
) -> None:
    stranger = visit()
    stranger.page.goto(f"{site.origin}/c/{site.draw}")
    stranger.button("claims.redeem").click()
    expect(stranger.page.get_by_text(stranger.say["error.auth.missing"])).to_be_visible()
    merchant = visit()
    merchant.log_in()
    merchant.page.goto(f"{site.origin}/c/{site.draw}")
    assert site.store.claims(site.draw) == []
    merchant.page.get_by_label(merchant.say["viewer.claimant"]).fill("Ann")
    merchant.button("claims.redeem").click()
    expect(merchant.page.locator(".reveal")).to_have_text("A coffee")
    assert [receipt.claimant for receipt in site.store.claims(site.draw)] == ["Ann"]


def test_scans_are_plotted_by_place_and_hour(visit: Open, site: Site) -> None:
    visitor = visit()
    page, say = visitor.page, visitor.say
    visitor.log_in()
    visitor.go(f"codes/{site.menu}/scans")
    counts = site.store.stats(site.menu)
    expect(page.locator(".plot")).to_have_count(3)
    expect(page.locator(".plot rect")).to_have_count(len(counts))
    page.get_by_text(say["scans.table"]).click()
    shown = page.locator("td.n").all_text_contents()
    assert sorted(map(int, shown)) == sorted(count.n for count in counts)
    heights = page.locator(".plot rect").evaluate_all("all => all.map(r => Number(r.getAttribute('height')))")
    assert max(heights) == pytest.approx(100)
    most = max(count.n for count in counts)
    assert sorted(round(h) for h in heights) == sorted(round(100 * count.n / most) for count in counts)
    page.get_by_label(say["scans.range"]).select_option("1")
    begin = page.evaluate("(Math.floor(Date.now() / 36e5) - 23) * 3600")
    expect(page.locator(".plot rect")).to_have_count(sum(count.hour.timestamp() >= begin for count in counts))


def test_what_a_record_says_is_text_and_never_markup(visit: Open, site: Site, tmp_path: Path) -> None:
    evil = '<img src=x onerror="document.title=1">{{7*7}}</script><script>document.title=2</script>'
    links = [{"href": "https://shop.example/", "title": evil, "rel": "about"}]
    record = site.store.create(
        {"body": {"title": evil, "links": links, "default": None, "data": {evil[:60]: evil, "n": {"x": evil}}}}
    )
    visitor = visit()
    visitor.page.goto(f"{site.origin}/c/{record.ref}")
    expect(visitor.page.locator("h1")).to_have_text(evil)
    expect(visitor.page.locator(".links .name")).to_have_text(evil)
    visitor.log_in()
    Image.fromarray(draw(evil[:150])).save(tmp_path / "evil.png")
    visitor.page.set_input_files("#choose", tmp_path / "evil.png")
    expect(visitor.page.locator("pre.text")).to_have_text(evil)
    for part in (f"codes/{record.ref}", f"codes/{record.ref}/versions", "codes"):
        visitor.go(part)
        assert visitor.page.locator("main img, main script").count() == 0
    assert visitor.page.title() not in ("1", "2")


def test_links_that_only_the_browser_can_see_are_checked_there(visit: Open, site: Site) -> None:
    """A writer who seals what a service would refuse: none of it can be followed."""
    hrefs = ["javascript:document.title=1", "https://a.example@b.example/", "data:text/html,x", "https://good.example/"]
    body = json.dumps({"title": "Sealed", "links": [{"href": href, "title": href} for href in hrefs]}).encode()
    context = Context("enc", AUTHORITY, site.card, 3)
    message = seal(body, key=code_key(site.secret, AUTHORITY, site.card), context=context)
    site.store.put(site.card, {"body": Body(sealed=message)}, 2)
    page = visit().page
    page.goto(f"{site.origin}/c/{site.card}#{write_secret(site.secret)}")
    expect(page.locator("main a")).to_have_attribute("href", "https://good.example/")
    assert page.locator("main a").get_attribute("rel") == "noreferrer noopener"
    site.store.add_tenant("default", targets=["shop.example"])
    page = visit().page
    time.sleep(5.5)  # the service reads the rules of a tenant anew
    page.goto(f"{site.origin}/c/{site.card}#{write_secret(site.secret)}")
    expect(page.get_by_role("heading", name="Sealed")).to_be_visible()
    expect(page.locator("main a")).to_have_count(0)


def test_a_cookie_of_the_page_is_hidden_from_scripts_and_a_login_link_works_once(visit: Open, site: Site) -> None:
    visitor = visit()
    visitor.log_in()
    [cookie] = visitor.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert visitor.page.evaluate("document.cookie") == ""
    visitor.button("logout").click()
    expect(visitor.page.get_by_role("heading", name=visitor.say["login.title"])).to_be_visible()
    assert visitor.context.cookies() == []
    token = site.login.partition("#")[2].encode()
    assert [part for part in site.seen if token in part] == [b'{"login":"%s"}' % token], "the token was in an address"
    visitor.page.goto(site.login)
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    key, _ = site.store.create_key("till", ["read", "claim"])
    visitor.fill("login.key", key)
    visitor.button("login.enter").click()
    visitor.page.wait_for_url(site.origin + "/")
