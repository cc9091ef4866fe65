"""MkDocs hook: pages from outside docs/, links that lead out of docs/, and sections of other files.

The files of the repository link to each other as they lie there, so that they read well without the site too. Here
`CHANGELOG.md` and its like become pages; a link to a source file becomes one to a copy of it in the site; and
`<!-- include: README.md, Figures -->` stands for the section `Figures` of the README. What does not exist is a warning,
and with `strict` an error.
"""

from __future__ import annotations

import logging
import os
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
LOG = logging.getLogger("mkdocs.hooks.site")

PAGES = {
    "README.md": "overview.md",
    "CHANGELOG.md": "changes.md",
    "SECURITY.md": "security.md",
    "benches/README.md": "measuring.md",
}
"""Files outside docs/ that are pages, and the names that they have there."""

INCLUDE = re.compile(r"^<!-- include: (?P<file>\S+), (?P<heading>.+) -->$", re.MULTILINE)
FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?P<text>!?\[(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*\])\((?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, *, config: Any) -> Files:
    """Adds the pages from outside docs/."""
    for source, name in PAGES.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Includes sections, and turns links between files of the repository into links within the site."""
    name = page.file.src_uri
    source = next((path for path, other in PAGES.items() if other == name), f"docs/{name}")
    markdown = _relink(markdown, source, name, config, files)

    def section(match: re.Match[str]) -> str:
        text = (ROOT / match["file"]).read_text(encoding="utf-8")
        found = re.search(rf"^## {re.escape(match['heading'])}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        if not found:
            LOG.warning("%s includes %s, which has no section %s", name, match["file"], match["heading"])
            return ""
        return _relink(found[1], match["file"], name, config, files)

    return INCLUDE.sub(section, markdown)


def _relink(markdown: str, source: str, name: str, config: Any, files: Files) -> str:
    """The text of `source` with its links as the page `name` needs them."""

    def link(match: re.Match[str]) -> str:
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        if not (ROOT / path).exists():
            LOG.warning("%s links to %s, which does not exist", source, target)
        if (ROOT / path).is_dir():
            return match["text"][1:-1]
        to = PAGES.get(path) or path.removeprefix("docs/")
        if to == path:  # a file that is no page: a copy, which every browser shows as text
            to = f"source/{path}.txt"
            if files.get_file_from_path(to) is None:
                files.append(File.generated(config, to, abs_src_path=os.fspath(ROOT / path)))
        to = posixpath.relpath(to, posixpath.dirname(name) or ".")
        return f"{match['text']}({to}{match['anchor'] or ''})"

    return _outside_fences(markdown, lambda text: LINK.sub(link, text))


def _outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    out, at = [], 0
    for fence in FENCE.finditer(markdown):
        out += [change(markdown[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*out, change(markdown[at:])])
