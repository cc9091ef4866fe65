"""Many pictures at once: folders, archives, tables, documents, films and URLs in, one `Item` a picture out.

sources     what is named -> units, one after the other      (files, archives, remote)
engine      units -> items: a reading thread, worker threads, a window of bytes
worker      one picture: load, decode, errors                (pictures, documents, films)
command     `qrcore batch`: rows, parts, manifest, progress  (rows, output, annotate, progress)
"""

from .item import ErrorKind, Item
from .many import decode_many

__all__ = ["ErrorKind", "Item", "decode_many"]
