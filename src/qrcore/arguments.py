"""Arguments that several commands take."""

from __future__ import annotations

import argparse

from .errors import OptionError
from .request import wanted_symbologies
from .types import Effort

__all__ = ["add_effort", "add_symbologies"]


def add_effort(parser: argparse._ActionsContainer, default: Effort = Effort.BALANCED) -> None:
    """Adds --effort, whose value is that of the option of `qrcore.decode`."""
    efforts = [e.value for e in Effort]
    parser.add_argument(
        "--effort", choices=efforts, default=default.value, help="how hard to try (default: %(default)s)"
    )


def add_symbologies(parser: argparse._ActionsContainer) -> None:
    """Adds --symbologies, whose value is that of the option of `qrcore.decode`."""
    parser.add_argument(
        "--symbologies",
        metavar="LIST",
        type=_symbologies,
        help="what to look for: all, or some by commas, such as qr,ean_13 (default: QR, Micro QR and rMQR)",
    )


def _symbologies(words: str) -> str | list[str]:
    wanted = words if words == "all" else words.split(",")
    try:
        wanted_symbologies(wanted)
    except OptionError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return wanted
