"""`qrcore record ...`: code records from the command line, in a store or at a service.

    qrcore record create --store codes.db --authority q.example --link https://shop.example/menu --out menu.svg
    qrcore record show REF --store codes.db
    qrcore record update REF new.json --if-version 1 --store codes.db

Keys come from files or the environment (QRCORE_API_KEY, QRCORE_STORE, QRCORE_SERVICE), never from arguments, which
other users of a machine can read. Exit code: 0 done, 1 refused (not found, stale, exhausted, ...), 2 an error.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from qrcore.errors import QRCoreError
from qrcore.printable import printable

from . import commands

__all__ = ["add_parser"]

DONE, REFUSED, FAILED = 0, 1, 2
_REF = "reference or link, - for a link on standard input"


def add_parser(subparsers: Any) -> None:
    """Adds `record` and its commands to the subparsers of the main command line."""
    record = subparsers.add_parser(
        "record",
        help="create, rewrite, claim and count code records",
        description="Code records: what a printed code stands for, in a store file, a database or a service.",
        epilog="Exit code: 0 done, 1 refused, 2 an error. Keys come from files or the environment, not from arguments.",
    )
    parsers = record.add_subparsers(required=True, metavar="COMMAND")
    where = _where_parser()

    create = parsers.add_parser("create", parents=[where], help="create a record and its code")
    create.add_argument("file", nargs="?", metavar="FILE", help="the record as JSON, - for standard input")
    create.add_argument("--title", help="without FILE: its title")
    create.add_argument("--link", action="append", default=[], metavar="[REL=]URL", help="a link; may be repeated")
    create.add_argument("--seal", action="store_true", help="seal it; the key is in the printed code alone")
    create.add_argument("--sign", metavar="KEYS", help="sign it with the keyring in this file")
    create.add_argument("--out", metavar="FILE", help="write the code as .svg or .png instead of showing it here")
    create.add_argument("--quiet", action="store_true", help="print the text of the code and no picture")
    _add(create, commands.create)

    show = parsers.add_parser("show", parents=[where], help="print a record as JSON")
    show.add_argument("ref", metavar="REF", help="reference or link; for a sealed record the whole link, on standard "
                      "input as -")  # fmt: skip
    show.add_argument("--at", help="a version number, or a moment as in RFC 3339")
    show.add_argument("--out", metavar="FILE", help="write its code again as .svg or .png")
    show.add_argument("--keys", metavar="KEYS", help="keyring to open or verify it with")
    _add(show, commands.show)

    update = parsers.add_parser("update", parents=[where], help="write a new version")
    update.add_argument("ref", metavar="REF", help=_REF)
    update.add_argument("file", metavar="FILE", help="the record as JSON, - for standard input")
    update.add_argument("--if-version", type=int, required=True, metavar="N", help="the version that it replaces")
    update.add_argument("--sign", metavar="KEYS", help="sign it with the keyring in this file")
    _add(update, commands.update)

    history = parsers.add_parser("history", parents=[where], help="list the versions")
    history.add_argument("ref", metavar="REF", help=_REF)
    _add(history, commands.history)

    rollback = parsers.add_parser("rollback", parents=[where], help="write an older version anew")
    rollback.add_argument("ref", metavar="REF", help=_REF)
    rollback.add_argument("--to", type=int, required=True, metavar="N", help="the version to write anew")
    rollback.add_argument("--if-version", type=int, required=True, metavar="N", help="the version that it replaces")
    _add(rollback, commands.rollback)

    retire = parsers.add_parser("retire", parents=[where], help="leave a tombstone")
    retire.add_argument("ref", metavar="REF", help=_REF)
    retire.add_argument("--if-version", type=int, metavar="N", help="only if this is its version")
    retire.add_argument("--erase", action="store_true", help="remove bodies, hashes and claimants as well")
    _add(retire, commands.retire)

    claim = parsers.add_parser("claim", parents=[where], help="take one of a record's quota")
    claim.add_argument("ref", metavar="REF", help=_REF)
    claim.add_argument("--key", required=True, help="idempotency key, such as a receipt's number; no secret")
    claim.add_argument("--claimant", help="who claims, as you tell people apart")
    claim.add_argument("--qty", type=int, default=1, metavar="N", help="how many to take (default: %(default)s)")
    _add(claim, commands.claim)

    stats = parsers.add_parser("stats", parents=[where], help="scans by place, relation and hour")
    stats.add_argument("ref", metavar="REF", help=_REF)
    stats.add_argument("--since", metavar="MOMENT", help="as in RFC 3339")
    stats.add_argument("--until", metavar="MOMENT", help="as in RFC 3339")
    _add(stats, commands.stats)

    export = parsers.add_parser("export", parents=[where], help="write a full copy of a store, as JSON Lines")
    export.add_argument("--out", metavar="FILE", default="-", help="default: standard output")
    _add(export, commands.export)

    import_ = parsers.add_parser("import", parents=[where], help="fill an empty store with a full copy")
    import_.add_argument("file", metavar="FILE", help="- for standard input")
    _add(import_, commands.import_)

    migrate = parsers.add_parser("migrate", parents=[where], help="bring a store's tables up to date")
    _add(migrate, commands.migrate)

    _add_administration(parsers, where)


def _add_administration(parsers: Any, where: argparse.ArgumentParser) -> None:
    for name, what in (("tenant", "tenants of a store"), ("key", "API keys of a service's clients")):
        parent = parsers.add_parser(name, help=what)
        actions = parent.add_subparsers(required=True, metavar="ACTION")
        create = actions.add_parser("create", parents=[where], help="add one")
        create.add_argument("name", metavar="NAME", help=f"what to call the {name}")
        listing = actions.add_parser("list", parents=[where], help="list all")
        if name == "tenant":
            create.add_argument("--host", action="append", default=[], help="an authority of the tenant; repeatable")
            create.add_argument("--scheme", action="append", default=[], help="a further scheme for links; repeatable")
            target = "a host that its web links may lead to, or *.HOST; without any they lead anywhere; repeatable"
            create.add_argument("--target", action="append", default=[], metavar="HOST", help=target)
            _add(create, commands.tenant_create)
            _add(listing, commands.tenant_list)
        else:
            create.add_argument(
                "--scope", action="append", required=True, help="resolve, read, write, claim, scan, ..."
            )
            create.add_argument("--days", type=float, help="days until it expires")
            create.add_argument("--out", metavar="FILE", help="write the key to a new file that only you may read")
            revoke = actions.add_parser("revoke", parents=[where], help="make one invalid")
            revoke.add_argument("id", metavar="ID", help="as `list` shows it")
            _add(create, commands.key_create)
            _add(listing, commands.key_list)
            _add(revoke, commands.key_revoke)


def _where_parser() -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False)
    place = where.add_argument_group("where").add_mutually_exclusive_group()
    place.add_argument("--store", help="a SQLite file or a database URL (default: QRCORE_STORE)")
    place.add_argument("--service", metavar="URL", help="a service (default: QRCORE_SERVICE); its key in "
                       "QRCORE_API_KEY or --key-file")  # fmt: skip
    where.add_argument("--key-file", metavar="FILE", help="file with the service's API key")
    where.add_argument("--authority", help="the host that codes name; needed for a new store")
    where.add_argument("--tenant", default="default", help="whose records, in a shared store (default: %(default)s)")
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
    except BrokenPipeError:
        raise  # the main command line knows what that is
    except (QRCoreError, OSError) as error:
        print(f"qrcore: {printable(str(error))}", file=sys.stderr)
        return FAILED
    return DONE
