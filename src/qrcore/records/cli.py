"""`qrcore record ...`: code records from the command line, in a store or at a service.

    qrcore record create --store codes.db --authority q.example --link https://shop.example/menu --out menu.svg
    qrcore record show REF --store codes.db
    qrcore record update REF new.json --if-version 1 --store codes.db

Keys come from files or the environment (QRCORE_API_KEY, QRCORE_STORE, QRCORE_SERVICE), never from arguments, which
other users of a machine can read. Exit code: 0 done, 1 refused (not found, stale, exhausted, ...), 2 an error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qrcore.errors import OptionError, QRCoreError
from qrcore.text import printable

if TYPE_CHECKING:
    from .client import ServiceClient
    from .store import SqlStore

    Target = SqlStore | ServiceClient

__all__ = ["add_parser"]

DONE, REFUSED, FAILED = 0, 1, 2


def add_parser(subparsers: Any) -> None:
    """Adds `record` and its commands to the subparsers of the main command line."""
    record = subparsers.add_parser(
        "record",
        help="create, rewrite, claim and count code records",
        description="Code records: what a printed code stands for, in a store file, a database or a service.",
        epilog="Exit code: 0 done, 1 refused, 2 an error. Keys come from files or the environment, not from arguments.",
    )
    commands = record.add_subparsers(required=True, metavar="COMMAND")
    where = _where_parser()

    create = commands.add_parser("create", parents=[where], help="create a record and its code")
    create.add_argument("file", nargs="?", metavar="FILE", help="the record as JSON, - for standard input")
    create.add_argument("--title", help="without FILE: its title")
    create.add_argument("--link", action="append", default=[], metavar="[REL=]URL", help="a link; may be repeated")
    create.add_argument("--seal", action="store_true", help="seal it; the key is in the printed code alone")
    create.add_argument("--sign", metavar="KEYS", help="sign it with the keyring in this file")
    create.add_argument("--out", metavar="FILE", help="write the code as .svg or .png instead of showing it here")
    create.add_argument("--quiet", action="store_true", help="print the text of the code and no picture")
    _add(create, _create)

    show = commands.add_parser("show", parents=[where], help="print a record as JSON")
    show.add_argument("ref", metavar="REF", help="reference or link; for a sealed record the whole link, on standard "
                      "input as -")  # fmt: skip
    show.add_argument("--at", help="a version number, or a moment as in RFC 3339")
    show.add_argument("--out", metavar="FILE", help="write its code again as .svg or .png")
    show.add_argument("--keys", metavar="KEYS", help="keyring to open or verify it with")
    _add(show, _show)

    update = commands.add_parser("update", parents=[where], help="write a new version")
    update.add_argument("ref", metavar="REF", help="reference or link, - for a link on standard input")
    update.add_argument("file", metavar="FILE", help="the record as JSON")
    update.add_argument("--if-version", type=int, required=True, metavar="N", help="the version that it replaces")
    update.add_argument("--sign", metavar="KEYS", help="sign it with the keyring in this file")
    _add(update, _update)

    history = commands.add_parser("history", parents=[where], help="list the versions")
    history.add_argument("ref", metavar="REF")
    _add(history, _history)

    rollback = commands.add_parser("rollback", parents=[where], help="write an older version anew")
    rollback.add_argument("ref", metavar="REF")
    rollback.add_argument("--to", type=int, required=True, metavar="N")
    rollback.add_argument("--if-version", type=int, required=True, metavar="N")
    _add(rollback, _rollback)

    retire = commands.add_parser("retire", parents=[where], help="leave a tombstone")
    retire.add_argument("ref", metavar="REF")
    retire.add_argument("--if-version", type=int, metavar="N")
    retire.add_argument("--erase", action="store_true", help="remove bodies, hashes and claimants as well")
    _add(retire, _retire)

    claim = commands.add_parser("claim", parents=[where], help="take one of a record's quota")
    claim.add_argument("ref", metavar="REF")
    claim.add_argument("--key", required=True, help="idempotency key, such as a receipt's number; no secret")
    claim.add_argument("--claimant")
    claim.add_argument("--qty", type=int, default=1)
    _add(claim, _claim)

    stats = commands.add_parser("stats", parents=[where], help="scans by place, relation and hour")
    stats.add_argument("ref", metavar="REF")
    stats.add_argument("--since", metavar="MOMENT", help="as in RFC 3339")
    stats.add_argument("--until", metavar="MOMENT", help="as in RFC 3339")
    _add(stats, _stats)

    export = commands.add_parser("export", parents=[where], help="write a full copy of a store, as JSON Lines")
    export.add_argument("--out", metavar="FILE", default="-", help="default: standard output")
    _add(export, _export)

    import_ = commands.add_parser("import", parents=[where], help="fill an empty store with a full copy")
    import_.add_argument("file", metavar="FILE", help="- for standard input")
    _add(import_, _import)

    migrate = commands.add_parser("migrate", parents=[where], help="bring a store's tables up to date")
    _add(migrate, _migrate)

    _add_administration(commands, where)


def _add_administration(commands: Any, where: argparse.ArgumentParser) -> None:
    for name, what in (("tenant", "tenants of a store"), ("key", "API keys of a service's clients")):
        parent = commands.add_parser(name, help=what)
        actions = parent.add_subparsers(required=True, metavar="ACTION")
        create = actions.add_parser("create", parents=[where], help="add one")
        create.add_argument("name", metavar="NAME")
        listing = actions.add_parser("list", parents=[where], help="list all")
        if name == "tenant":
            create.add_argument("--host", action="append", default=[], help="an authority of the tenant; repeatable")
            create.add_argument("--scheme", action="append", default=[], help="a further scheme for links; repeatable")
            _add(create, _tenant_create)
            _add(listing, _tenant_list)
        else:
            create.add_argument(
                "--scope", action="append", required=True, help="resolve, read, write, claim, scan, ..."
            )
            create.add_argument("--days", type=float, help="days until it expires")
            create.add_argument("--out", metavar="FILE", help="write the key to a new file that only you may read")
            revoke = actions.add_parser("revoke", parents=[where], help="make one invalid")
            revoke.add_argument("id", metavar="ID", help="as `list` shows it")
            _add(create, _key_create)
            _add(listing, _key_list)
            _add(revoke, _key_revoke)


def _where_parser() -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False)
    place = where.add_argument_group("where").add_mutually_exclusive_group()
    place.add_argument("--store", help="a SQLite file or a database URL (default: QRCORE_STORE)")
    place.add_argument("--service", metavar="URL", help="a service (default: QRCORE_SERVICE); its key in "
                       "QRCORE_API_KEY or --key-file")  # fmt: skip
    where.add_argument("--key-file", metavar="FILE", help="file with the service's API key")
    where.add_argument("--authority", help="the host that codes name; needed for a new store")
    where.add_argument("--tenant", default="default")
    where.add_argument("--author", default=os.environ.get("USER", ""), help="whose name the history shows")
    return where


def _add(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.set_defaults(run=lambda options: _guarded(run, options))


def _guarded(run: Any, options: argparse.Namespace) -> int:
    """Runs a command; what is refused and what fails becomes a line and an exit code."""
    from .errors import RecordError

    try:
        run(options)
    except RecordError as error:
        print(f"qrcore: {printable(str(error))}", file=sys.stderr)
        return FAILED if error.code in ("store.unavailable", "resolve.unavailable") else REFUSED
    except (QRCoreError, OSError) as error:
        print(f"qrcore: {printable(str(error))}", file=sys.stderr)
        return FAILED
    return DONE


def _target(options: argparse.Namespace) -> Target:
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


def _create(options: argparse.Namespace) -> None:
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


def _show(options: argparse.Namespace) -> None:
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


def _update(options: argparse.Namespace) -> None:
    link, ref = _link(options.ref)
    record = _read_json(options.file)
    with _target(options) as target:
        if options.sign or (link and "#" in link):
            from .refs import as_code_ref, normalize_ref

            secret = as_code_ref(link).secret if link else None
            own = target.get(ref).text
            record = _sealed(record, target.authority, normalize_ref(own), options.if_version + 1, secret, options.sign)
        print(target.put(ref, record, options.if_version))


def _history(options: argparse.Namespace) -> None:
    _, ref = _link(options.ref)
    with _target(options) as target:
        after = 0
        while versions := target.history(ref, after=after):
            for v in versions:
                title = printable(v.read_body().title) if v.body is not None else "(erased)"
                print(f"{v.version}\t{v.at.isoformat(timespec='seconds')}\t{printable(v.author)}\t{title}")
            after = versions[-1].version


def _rollback(options: argparse.Namespace) -> None:
    _, ref = _link(options.ref)
    with _target(options) as target:
        print(target.rollback(ref, options.to, options.if_version))


def _retire(options: argparse.Namespace) -> None:
    _, ref = _link(options.ref)
    with _target(options) as target:
        target.retire(ref, if_version=options.if_version, erase=options.erase)


def _claim(options: argparse.Namespace) -> None:
    from .wire import write_receipt

    _, ref = _link(options.ref)
    with _target(options) as target:
        receipt = target.claim(ref, key=options.key, claimant=options.claimant, qty=options.qty)
        print(json.dumps(write_receipt(receipt), ensure_ascii=False))


def _stats(options: argparse.Namespace) -> None:
    _, ref = _link(options.ref)
    since, until = _at(options.since), _at(options.until)
    if isinstance(since, int) or isinstance(until, int):
        raise OptionError("a moment is written as in RFC 3339")
    with _target(options) as target:
        for count in target.stats(ref, since=since, until=until):
            hour = count.hour.isoformat(timespec="minutes")
            print(f"{hour}\t{printable(count.label)}\t{count.ref}\t{printable(count.rel)}\t{count.n}")


def _export(options: argparse.Namespace) -> None:
    with _store(options) as store:
        if options.out == "-":
            sys.stdout.writelines(store.export())
            return
        path = Path(options.out)
        draft = path.with_name(path.name + ".part")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(store.export())
        os.replace(draft, path)


def _import(options: argparse.Namespace) -> None:
    with _store(options) as store:
        if options.file == "-":
            count = store.import_(sys.stdin)
        else:
            with open(options.file, encoding="utf-8") as file:
                count = store.import_(file)
        print(f"{count} rows")


def _migrate(options: argparse.Namespace) -> None:
    with _store(options) as store:
        store.migrate()


def _tenant_create(options: argparse.Namespace) -> None:
    with _store(options) as store:
        store.add_tenant(options.name, schemes=options.scheme)
        for host in options.host:
            store.add_authority(host, tenant=options.name)


def _tenant_list(options: argparse.Namespace) -> None:
    with _store(options) as store:
        hosts = store.authorities()
        for name in store.tenants():
            print("\t".join([name, *(entry.name for entry in hosts if entry.tenant == name)]))


def _key_create(options: argparse.Namespace) -> None:
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


def _key_list(options: argparse.Namespace) -> None:
    with _store(options) as store:
        for key in store.api_keys():
            until = key.expiry.isoformat(timespec="seconds") if key.expiry else "-"
            print(f"{key.id}\t{key.tenant}\t{until}\t{','.join(key.scopes)}\t{printable(key.label)}")


def _key_revoke(options: argparse.Namespace) -> None:
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
    from .model import micros, moment

    return moment(micros(text))


def _when(value: int | None) -> str | None:
    from .model import moment

    found = moment(value)
    return None if found is None else found.isoformat()
