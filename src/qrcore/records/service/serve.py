"""`qrcore serve`: the service by itself, on loopback unless it has certificates and keys."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qrcore.errors import OptionError, QRCoreError
from qrcore.printable import printable

if TYPE_CHECKING:
    from ..store import SqlStore
    from .login import LoginLink

__all__ = ["add_parser"]

DONE, FAILED = 0, 2
_EVERYWHERE = frozenset(("0.0.0.0", "::"))


def add_parser(subparsers: Any) -> None:
    """Adds `serve` to the subparsers of the main command line."""
    serve = subparsers.add_parser(
        "serve",
        help="answer for code records over HTTP, with a page for people",
        description="Serves the records of a store: redirects, pages, and an API. See docs/service.md.",
        epilog="Without a certificate it listens on loopback alone. Exit code: 0 stopped, 2 an error.",
    )
    store = serve.add_mutually_exclusive_group(required=True)
    store.add_argument("--store", help="a SQLite file or a database URL")
    store.add_argument("--demo", action="store_true", help="nine example codes in a temporary store")
    serve.add_argument("--authority", metavar="HOST", help="the host that codes name; needed for a new store")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address (default: %(default)s)")
    serve.add_argument("--port", type=int, default=8080, help="0 takes a free one (default: %(default)s)")
    serve.add_argument("--name", action="append", default=[], metavar="HOST[:PORT]", help="a further name under which "
                       "it is reached; repeatable")  # fmt: skip
    serve.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM")
    serve.add_argument("--tls-key", metavar="FILE", help="its key, PEM")
    serve.add_argument("--proxy", action="append", default=[], metavar="ADDRESS", help="a proxy that ends TLS, and "
                       "whose X-Forwarded headers count; repeatable")  # fmt: skip
    serve.add_argument("--trust", metavar="FILE", help="further authorities that /v1/decode may ask (TOML)")
    serve.add_argument("--keys", metavar="FILE", help="keyring whose public halves are published")
    serve.add_argument("--metrics", choices=["off", "admin", "open"], default="admin", help="who may read /metrics: "
                       "nobody, keys with the scope admin, everybody (default: %(default)s)")  # fmt: skip
    serve.add_argument("--no-page", action="store_true", help="no page at /: the API and the codes alone")
    serve.add_argument("--login", action="store_true", help="print a login link, though one was used before")
    serve.set_defaults(run=_serve)


def _serve(options: argparse.Namespace) -> int:
    try:
        with contextlib.ExitStack() as stack:
            _run(options, stack)
    except (QRCoreError, OSError) as error:
        print(f"qrcore: {printable(str(error))}", file=sys.stderr)
        return FAILED
    return DONE


def _run(options: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    from ..keys import Keyring
    from ..store import SqlStore
    from ..trust import Trust
    from .app import create_app
    from .demo import Demo
    from .login import LoginLink
    from .options import Limits
    from .server import serve

    listening = stack.enter_context(_listen(options.host, options.port))
    port = listening.getsockname()[1]
    place = f"{_written(options.host)}:{port}"
    certificate = _certificate(options)
    keys = Keyring.load(options.keys) if options.keys else None
    demo = None
    if options.demo:
        if options.host in _EVERYWHERE:
            raise OptionError("the codes of a demonstration name its address: say which by --host")
        demo = Demo(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qrcore-demo-"))), place)
        store, keys = stack.enter_context(demo.store), demo.keys
        certificate = certificate or demo.certificate(options.host)  # its codes say https
    else:
        store = stack.enter_context(SqlStore(options.store, authority=options.authority))
        if not store.authorities():
            raise OptionError("a new store needs --authority: the host that its codes name")
    _check_address(options, store, certificate)
    origin = f"{'http' if certificate is None else 'https'}://{place}"
    login = None if options.no_page else LoginLink()
    app = create_app(
        store,
        trust=Trust.load(options.trust) if options.trust else None,
        hosts=[place, *_loopback_names(options.host, port), *options.name],
        keys=keys,
        limits=(limits := Limits()),
        metrics=options.metrics,
        with_page=not options.no_page,
        login=login,
    )
    _announce(options, store, origin, login, demo)
    serve(app, listening, limits, certificate, options.proxy, quiet=options.demo)


def _announce(options: argparse.Namespace, store: SqlStore, origin: str, login: LoginLink | None, demo: Any) -> None:
    """What a person at the terminal needs to know."""
    from .login import has_login

    print(f"serving {', '.join(entry.name for entry in store.authorities())} at {origin}")
    if demo is not None:
        print(demo.describe())
        if not options.tls_cert:
            print("browsers will warn of the certificate, which is this demonstration's own")
        if _is_loopback(options.host) and (address := _address()):
            print(f"to scan them by a phone in the same network: qrcore serve --demo --host {address}")
    if login is not None and (options.login or not has_login(store)):
        link = login.url(origin)
        print(f"log in once, within this run: {link}")
        if demo is not None:
            from ..code import make_code

            print(make_code(link, error="L").terminal())
    sys.stdout.flush()


def _address() -> str:
    """This machine's address in its network, or empty where it has none but loopback. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if _is_loopback(found) else found


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise OptionError(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    except OverflowError:
        listening.close()
        raise OptionError("a port is a number from 0 to 65535") from None
    return listening


def _certificate(options: argparse.Namespace) -> tuple[str, str] | None:
    if bool(options.tls_cert) != bool(options.tls_key):
        raise OptionError("--tls-cert and --tls-key go together")
    return (options.tls_cert, options.tls_key) if options.tls_cert else None


def _check_address(options: argparse.Namespace, store: SqlStore, certificate: tuple[str, str] | None) -> None:
    """Anything but loopback needs TLS, here or at a proxy, and keys."""
    if _is_loopback(options.host):
        return
    if certificate is None and not options.proxy:
        raise OptionError("beyond loopback it needs --tls-cert and --tls-key, or --proxy with what ends TLS before it")
    if not options.demo and not store.api_keys():
        raise OptionError("beyond loopback it needs an API key: qrcore record key create NAME --scope ..")
    if options.host in _EVERYWHERE and not options.name and not options.authority:
        print("qrcore: it answers under the names of its authorities alone; add others by --name", file=sys.stderr)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _loopback_names(host: str, port: int) -> list[str]:
    return [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")] if _is_loopback(host) else []
