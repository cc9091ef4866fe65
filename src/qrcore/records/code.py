"""A code to print: `make_code(record.url).save("menu.png")`."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qrcore.errors import OptionError
from qrcore.payload import CodeRef, parse

from ._extra import needs
from .errors import PayloadError
from .refs import as_code_ref

if TYPE_CHECKING:
    import segno

__all__ = ["Code", "make_code"]

ErrorLevel = Literal["L", "M", "Q", "H"]


@dataclass(frozen=True, slots=True)
class Code:
    """The text of a code and its pictures. A secret in the text is in the pictures, and in no `repr`."""

    text: str = field(repr=False)
    error: ErrorLevel = "M"

    @property
    def version(self) -> int:
        """The version of the symbol: 1 to 40."""
        version = self._symbol().version
        assert isinstance(version, int)
        return version

    def svg(self, *, scale: float = 8, border: int = 4) -> str:
        """The picture as SVG; `scale` is the size of a module, `border` the quiet zone in modules (at least 4)."""
        out = io.BytesIO()
        self._symbol().save(out, kind="svg", scale=scale, border=border)
        return out.getvalue().decode("utf-8")

    def png(self, *, scale: int = 8, border: int = 4) -> bytes:
        """The picture as PNG, black on white."""
        out = io.BytesIO()
        self._symbol().save(out, kind="png", scale=scale, border=border)
        return out.getvalue()

    def save(self, path: str | os.PathLike[str], *, scale: int = 8, border: int = 4) -> Path:
        """Writes the picture as the name's ending says: .svg or .png."""
        target = Path(path)
        kind = target.suffix.lower()
        if kind not in (".svg", ".png"):
            raise OptionError(f"a code is saved as .svg or .png, not {kind or 'without an ending'}")
        picture = self.png(scale=scale, border=border)
        if kind == ".svg":
            picture = self.svg(scale=scale, border=border).encode("utf-8")
        target.write_bytes(picture)
        return target

    def terminal(self) -> str:
        """The picture in block characters, for a terminal with a dark ground."""
        out = io.StringIO()
        self._symbol().terminal(out, border=2, compact=True)
        return out.getvalue()

    def _symbol(self) -> segno.QRCode:
        with needs():
            import segno

            return segno.make_qr(self.text, error=self.error)

    def __repr__(self) -> str:
        shown = self.text.partition("#")[0]
        return f"Code({shown!r}{', with a secret' if shown != self.text else ''}, error={self.error!r})"


def make_code(
    ref_or_url: str | CodeRef, *, secret: bytes | None = None, authority: str | None = None, error: ErrorLevel = "M"
) -> Code:
    """The code of a record, by its link or, with `authority`, its reference; or of an offline code or a GS1 link.

    A record's link is printed in upper case, which a symbol of version 2 holds at level M. `secret` goes into the
    fragment, for a record that was sealed with it.
    """
    if error not in ("L", "M", "Q", "H"):
        raise OptionError(f"error is L, M, Q or H, not {error!r}")
    try:
        link = as_code_ref(ref_or_url, authority)
    except PayloadError:
        if (
            secret is not None
            or not isinstance(ref_or_url, str)
            or parse(ref_or_url).kind not in ("sealed", "gs1", "uri")
        ):
            raise
        return Code(ref_or_url, error)
    if secret is not None:
        link = CodeRef(link.authority, link.ref, secret)
    return Code(link.encode(), error)
