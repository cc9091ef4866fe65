"""What each command of `qrcore record` does; `cli` has their arguments. All raise `QRCoreError` or `OSError`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qrcore.errors import OptionError
from qrcore.printable import printable

if TYPE_CHECKING:
    from .client import ServiceClient
    from .store import SqlStore


def _target(options: argparse.Namespace) -> SqlStore | ServiceClient:
    service = options.service or (None if options.store else os.environ.get("QRCORE_SERVICE"))
    if not service:
        return _store(options)
    from .client import ServiceClient

    key = os.environ.get("QRCORE_API_KEY", "")
    if options.key_file:
        key = Path(options.key_file).read_text(encoding="utf-8").strip()
    if not key:
        raise OptionError("a service needs a key: QRCORE_API_KEY or --key-file")
    return ServiceClient(service, key, authority=options.authority)


def _store(options: argparse.Namespace) -> SqlStore:
    from .store import SqlStore

    url = options.store or os.environ.get("QRCORE_STORE")
    if not url:
        raise OptionError("which store? Say --store codes.db, or --service https://q.example")
    return SqlStore(url, authority=options.authority, tenant=options.tenant, author=options.author)


def create(options: argparse.Namespace) -> None:
    """Creates a record and shows or writes its code."""
    from .code import make_code
    from .refs import new_ref, new_secret

    record = _read_json(options.file) if options.file else _record_of(options)
    secret = None
    with _target(options) as target:
        if options.seal or options.sign:
            secret = new_secret() if options.seal else None
            ref = record.get("ref") or new_ref()
            record = _sealed(record, target.authority, ref, 1, secret, options.sign) | {"ref": ref}
        made = target.create(record)
        codes = [("", make_code(made.url, secret=secret))]
        codes += [(label, make_code(url, secret=secret)) for label, url in made.aliases]
    for label, code in codes:
        print(f"{printable(label)}: {code.text}" if label else code.text)
    if options.out:
        for i, (_, code) in enumerate(codes):
            path = Path(options.out)
            code.save(path if i == 0 else path.with_name(f"{path.stem}-{i}{path.suffix}"))
    elif not options.quiet and sys.stdout.isatty():
        print(codes[0][1].terminal())


def _record_of(options: argparse.Namespace) -> dict[str, Any]:
    links = []
    for text in options.link:
        rel, mark, href = text.partition("=")
        plain = not mark or (":" in rel and "/" in rel) or "?" in rel
        links.append({"href": text} if plain else {"rel": rel, "href": href})
    if not links and not options.title:
        raise OptionError("what shall it say? Give FILE, or --title and --link")
    return {"title": options.title or "", "links": links} | ({"default": 0} if links else {})


def _sealed(
    record: dict[str, Any], authority: str, ref: str, version: int, secret: bytes | None, keys: str | None
) -> dict[str, Any]:
    """The record with its body sealed by the code's secret, signed by the ring's writer, or both."""
    from .keys import Keyring
    from .sealing import seal_body

    body = record.get("body", record)
    signer = Keyring.load(keys).writer("sign") if keys else None
    closed = seal_body(body, authority=authority, ref=ref, version=version, secret=secret, signer=signer)
    rest = {name: value for name, value in record.items() if "body" in record and name != "body"}
    return {"body": closed.to_json(), **rest}


def show(options: argparse.Namespace) -> None:
    """Prints a record as JSON."""
    from .code import make_code
    from .refs import code_url
    from .wire import state_name

    link, ref = _link(options.ref)
    with _target(options) as target:
        found = target.get(ref, at=_at(options.at))
        body = _opened(found, link, target.authority, options.keys)
        times = {"not_before": _when(found.not_before), "not_after": _when(found.not_after)}
        shown = {"ref": found.text, "url": code_url(target.authority, found.text), "version": found.version}
        shown |= {"label": found.label} if found.label else {}
        shown |= {"state": state_name(found.state)} | {name: when for name, when in times.items() if when}
        print(json.dumps(shown | {"body": body}, indent=2, ensure_ascii=False))
        if options.out:
            printed = link or make_code(ref, authority=target.authority).text
            make_code(printed).save(options.out)


def _opened(found: Any, link: str | None, authority: str, keys: str | None) -> Any:
    """The body, opened where the code's own link or a keyring was given."""
    if found.body is None:
        return None
    body = json.loads(found.body)
    if "sealed" not in body or not (keys or (link and "#" in link)):
        return body
    from .keys import Keyring
    from .refs import as_code_ref
    from .sealing import open_body

    ring = Keyring.load(keys) if keys else Keyring()
    secret = as_code_ref(link).secret if link else None
    opened = open_body(
        found.read_body(), ring, authority=authority, ref=found.text, version=found.version, secret=secret
    )
    return opened.body.to_json()


def update(options: argparse.Namespace) -> None:
    """Writes a new version and prints its number."""
    link, ref = _link(options.ref)
    record = _read_json(options.file)
    with _target(options) as target:
        if options.sign or (link and "#" in link):
            from .refs import as_code_ref, normalize_ref

            secret = as_code_ref(link).secret if link else None
            own = target.get(ref).text
            record = _sealed(record, target.authority, normalize_ref(own), options.if_version + 1, secret, options.sign)
        print(target.put(ref, record, options.if_version))


def history(options: argparse.Namespace) -> None:
    """Prints a line a version."""
    _, ref = _link(options.ref)
    with _target(options) as target:
        after = 0
        while versions := target.history(ref, after=after):
            for v in versions:
                title = printable(v.read_body().title) if v.body is not None else "(erased)"
                print(f"{v.version}\t{v.at.isoformat(timespec='seconds')}\t{printable(v.author)}\t{title}")
            after = versions[-1].version


def rollback(options: argparse.Namespace) -> None:
    """Writes an older version anew and prints its number."""
    _, ref = _link(options.ref)
    with _target(options) as target:
        print(target.rollback(ref, options.to, options.if_version))


def retire(options: argparse.Namespace) -> None:
    """Leaves a tombstone."""
    _, ref = _link(options.ref)
    with _target(options) as target:
        target.retire(ref, if_version=options.if_version, erase=options.erase)


def claim(options: argparse.Namespace) -> None:
    """Prints the receipt as JSON."""
    from .wire import write_receipt

    _, ref = _link(options.ref)
    with _target(options) as target:
        receipt = target.claim(ref, key=options.key, claimant=options.claimant, qty=options.qty)
        print(json.dumps(write_receipt(receipt), ensure_ascii=False))


def stats(options: argparse.Namespace) -> None:
    """Prints a line for each hour, place and relation."""
    _, ref = _link(options.ref)
    since, until = _at(options.since), _at(options.until)
    if isinstance(since, int) or isinstance(until, int):
        raise OptionError("a moment is written as in RFC 3339")
    with _target(options) as target:
        for count in target.stats(ref, since=since, until=until):
            hour = count.hour.isoformat(timespec="minutes")
            print(f"{hour}\t{printable(count.label)}\t{count.ref}\t{printable(count.rel)}\t{count.n}")


def export(options: argparse.Namespace) -> None:
    """Writes a full copy of a store; a file that is there is replaced when the copy is whole."""
    with _store(options) as store:
        if options.out == "-":
            sys.stdout.writelines(store.export())
            return
        path = Path(options.out)
        draft = path.with_name(path.name + ".part")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(store.export())
        os.replace(draft, path)


def import_(options: argparse.Namespace) -> None:
    """Fills an empty store and prints how many rows it took."""
    with _store(options) as store:
        if options.file == "-":
            count = store.import_(sys.stdin)
        else:
            with open(options.file, encoding="utf-8") as file:
                count = store.import_(file)
        print(f"{count} rows")


def migrate(options: argparse.Namespace) -> None:
    """Brings a store's tables up to date."""
    with _store(options) as store:
        store.migrate()


def tenant_create(options: argparse.Namespace) -> None:
    """Adds a tenant and its authorities."""
    with _store(options) as store:
        store.add_tenant(options.name, schemes=options.scheme, targets=options.target)
        for host in options.host:
            store.add_authority(host, tenant=options.name)


def tenant_list(options: argparse.Namespace) -> None:
    """Prints a line a tenant, with its authorities."""
    with _store(options) as store:
        hosts = store.authorities()
        for name in store.tenants():
            print("\t".join([name, *(entry.name for entry in hosts if entry.tenant == name)]))


def key_create(options: argparse.Namespace) -> None:
    """Prints the new key, or writes it to a new file and prints its number."""
    expiry = None
    if options.days is not None:
        expiry = datetime.now(timezone.utc) + timedelta(days=options.days)
    with _store(options) as store:
        token, kept = store.create_key(options.name, options.scope, tenant=options.tenant, expiry=expiry)
        if options.out:
            with open(os.open(options.out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(token + "\n")
            print(kept.id)
        else:
            print(token)


def key_list(options: argparse.Namespace) -> None:
    """Prints a line a key; the keys themselves are not kept."""
    with _store(options) as store:
        for key in store.api_keys():
            until = key.expiry.isoformat(timespec="seconds") if key.expiry else "-"
            print(f"{key.id}\t{key.tenant}\t{until}\t{','.join(key.scopes)}\t{printable(key.label)}")


def key_revoke(options: argparse.Namespace) -> None:
    """Makes a key invalid."""
    with _store(options) as store:
        store.revoke_key(options.id)


def _link(text: str) -> tuple[str | None, str]:
    """A link as given, and its reference. A link with a secret comes on standard input: arguments can be read."""
    from .refs import as_code_ref, normalize_ref

    if text == "-":
        text = sys.stdin.readline().strip()
    elif "#" in text:
        raise OptionError("a link with a secret comes on standard input: write - instead")
    return (text, as_code_ref(text).ref) if "/" in text else (None, normalize_ref(text))


def _read_json(name: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        found = json.loads(text)
    except ValueError as error:
        raise OptionError(f"{name}: {error}") from None
    if not isinstance(found, dict):
        raise OptionError(f"{name}: a record is a JSON object")
    return found


def _at(text: str | None) -> datetime | int | None:
    if text is None or text.isdigit():
        return None if text is None else int(text)
    from .moments import micros, moment

    return moment(micros(text))


def _when(value: int | None) -> str | None:
    from .moments import moment

    found = moment(value)
    return None if found is None else found.isoformat()
