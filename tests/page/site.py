"""A service with codes in it, and what a browser sent to it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import uvicorn

from qrcore.records import SqlStore, claim_token, code_key, make_code, new_ref, new_secret, seal_body, token_hash
from qrcore.records.refs import write_secret
from qrcore.records.service import create_app
from qrcore.records.service.login import LoginLink

AUTHORITY = "q.example"
STATIC = Path(__file__).parent.parent.parent / "src/qrcore/records/service/page/static"


def strings(language: str) -> dict[str, str]:
    """What the page says in a language."""
    script = (STATIC / f"strings.{language}.js").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(script.removeprefix("export default ").rstrip().rstrip(";"))
    return found


@dataclass
class Site:
    """A running service. `seen` is each request as it came: its line, headers and body."""

    origin: str
    store: SqlStore
    login: str
    seen: list[bytes] = field(default_factory=list)
    menu: str = ""
    page: str = ""
    draw: str = ""
    card: str = ""
    secret: bytes = b""


@contextmanager
def serve(folder: Path) -> Iterator[Site]:
    """A service of its own on a free port of this machine, with four codes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    store, login = SqlStore(f"sqlite:///{folder}/codes.db", authority=AUTHORITY), LoginLink()
    site = Site(origin, store, login.url(origin))
    app = create_app(store, hosts=[f"127.0.0.1:{port}"], with_page=True, login=login)

    async def recording(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            line = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"]
            site.seen.append(b"\n".join([line, *(b"%s: %s" % header for header in scope["headers"])]))

        async def heard() -> Any:
            message = await receive()
            if message.get("body"):
                site.seen.append(message["body"])
            return message

        await app(scope, heard, send)

    server = uvicorn.Server(uvicorn.Config(recording, port=port, log_level="error", ws="none", lifespan="off"))
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    while not server.started:
        running.join(0.02)
    try:
        _fill(site)
        yield site
    finally:
        server.should_exit = True
        running.join(10)
        store.close()


def _fill(site: Site) -> None:
    store = site.store
    places = [{"label": label} for label in ("Door", "Bus stop", "Window")]
    menu = {"title": "Menu", "links": [{"href": "https://shop.example/menu", "title": "Menu of the day"}]}
    created = store.create({"body": menu, "aliases": places})
    site.menu = created.ref
    winter = [{"href": "https://shop.example/winter", "title": "Winter menu"}]
    store.put(site.menu, {"title": "Winter menu", "links": winter}, 1)
    hour = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    for i, (_, url) in enumerate(created.aliases):
        counts = [(9 + 5 * i) * n for n in (1, 3, 7, 4, 2, 9, 5)]
        store.add_counts((url, "about", hour - timedelta(hours=3 + 11 * j + i), n) for j, n in enumerate(counts))

    languages = (("en", "Olive oil, from tree to bottle"), ("zh-CN", "橄榄油：从树到瓶"), ("de", "Olivenöl, vom Baum"))
    links: list[dict[str, Any]] = [
        {"rel": "about", "href": f"https://farm.example/{tag}/oil", "title": title, "hreflang": [tag]}
        for tag, title in languages
    ]
    links.append({"rel": "payment", "href": "https://farm.example/buy", "title": "Buy a bottle"})
    links.append({"rel": "help", "href": "tel:+49301234567", "title": "Ask us"})
    data = {"rules": "Store dark and cool.\n<b>No markup</b>", "harvest": 2026}
    body = {"title": "Olive oil 0.5 l", "links": links, "default": None, "data": data}
    site.page = store.create({"body": body}).ref
    quota = {"max": 20, "per_claimant": 1, "reveal": ["A coffee", "Nothing this time", *["A cake"] * 18]}
    rules = {"rules": "One draw a person."}
    site.draw = store.create({"body": {"title": "Autumn draw", "data": rules}, "quota": quota}).ref

    site.card, site.secret = new_ref(), new_secret()
    token = token_hash(claim_token(site.secret, AUTHORITY, site.card))
    for version, role in ((1, "Engineer"), (2, "Director")):
        links = [{"href": "https://ann.example/", "title": "My page"}]
        card = {"title": f"Ann Example, {role}", "links": links, "data": {"phone": "+49 30 1234567"}}
        sealed = seal_body(card, authority=AUTHORITY, ref=site.card, version=version, secret=site.secret)
        if version == 1:
            store.create({"ref": site.card, "body": sealed, "quota": {"max": 3, "token": token}})
        else:
            store.put(site.card, {"body": sealed}, 1)


def photo(site: Site, path: Path) -> Path:
    """A picture with the codes of the menu and of the sealed card."""
    import numpy as np
    from PIL import Image

    from qrcore.testing import damage, draw

    codes = [draw(make_code(site.menu, authority=AUTHORITY).text, scale=7)]
    codes.append(draw(make_code(site.card, authority=AUTHORITY, secret=site.secret).text, scale=7))
    codes.append(draw("https://q.example.evil.test/login", scale=7))
    sheet = np.full((760, 1000), 235, np.uint8)
    for code, (y, x) in zip(codes, ((40, 60), (60, 520), (400, 250)), strict=True):
        sheet[y : y + code.shape[0], x : x + code.shape[1]] = code
    Image.fromarray(damage(sheet, blur=0.8, noise=4, tilt=4, shadow=0.3, seed=2)).save(path, quality=90)
    return path


def assert_unseen(seen: list[bytes], secret: bytes, ref: str) -> None:
    """Nothing of a secret, nor the key that follows from it, is in what was sent."""
    key = code_key(secret, AUTHORITY, ref).to_jwk(secret=True)["k"]
    text = b"\n".join(seen)
    assert len(text) > 1000
    for form in (write_secret(secret).encode(), secret, secret.hex().encode(), key.encode()):
        assert form not in text
        assert form.lower() not in text.lower()
