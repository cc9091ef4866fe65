"""The code in README.md and docs/ does what it says: Python and `qrcore` commands run, the rest names what exists."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from documents import REASONS, ROOT, Block, blocks, pages
from pictures import code, ean_13

import qrcore

tomllib = pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")

PICTURES = {  # what the pages call them: an example
    "photo.jpg": "perspective.jpg",
    "scan.png": "high_version.png",
    "dark.jpg": "noisy.jpg",
    "bottle.jpg": "curved.jpg",
    "table.jpg": "several.jpg",
    "scans/1.jpg": "blurred.jpg",
    "scans/2.jpg": "logo.jpg",
}
BARCODES = ("shelf.jpg", "parcel.jpg", "book.jpg")  # an EAN-13 each

SHIM = """\
#!{python}
import sys
from qrcore import cli
arguments = sys.argv[1:]
if arguments[:1] in (["camera"], ["serve"]):  # a device, or no end: the arguments are checked
    cli._parser().parse_args(arguments)
    sys.exit(0)
sys.exit(cli.main([*arguments, "--seconds", "0.5"] if arguments == ["bench"] else arguments))
"""

ALL = [block for page in pages() for block in blocks(page)]
SHELL = [block for block in ALL if block.language in ("sh", "bash", "shell", "console")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the pages speak of, as the current one."""
    (tmp_path / "scans").mkdir()
    for name, example in PICTURES.items():
        shutil.copy(ROOT / "examples" / example, tmp_path / name)
    for name in BARCODES:
        PIL.Image.fromarray(ean_13("9506000134352", scale=4)).save(tmp_path / name, quality=95)
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        for name in ("photo.jpg", "dark.jpg"):
            archive.add(tmp_path / name, name)
    (tmp_path / "trust.toml").write_text('[authority."q.example"]\n')
    (tmp_path / "bin").mkdir()
    shim = tmp_path / "bin" / "qrcore"
    shim.write_text(SHIM.format(python=sys.executable))
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs_from_top_to_bottom(page: Path, folder: Path) -> None:
    names: dict[str, object] = {"qrcore": qrcore, "frame": np.asarray(PIL.Image.open("photo.jpg"))}
    for block in blocks(page):
        if block.reason:
            continue
        if block.language == "python":
            _run_python(block, names)
        elif block in SHELL and _is_ours(block):
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", block.text], capture_output=True, text=True)
            assert done.returncode == 0, f"{block.place}: {done.stderr}{done.stdout}"


def _run_python(block: Block, names: dict[str, object]) -> None:
    code = compile("\n" * (block.line - 1) + block.text, block.page, "exec")
    exec(code, names)


def _is_ours(block: Block) -> bool:
    return all(words[0] in ("qrcore", "cat", "echo", "export") for words in _commands(block))


def _commands(block: Block) -> list[list[str]]:
    """The words of each command, without comments, assignments, redirections and here-documents."""
    text = re.sub(r"<<'?(\w+)'?.*?^\1$", "", block.text, flags=re.MULTILINE | re.DOTALL).replace("\\\n", " ")
    text = re.sub(r"\w+=\$\(([^()]*)\)", r"\1", text)
    commands = []
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word and set(word) <= set(";|&"):
                commands.append(words)
                words = []
            elif words or not re.match(r"\w+=", word):
                words.append(word)
    return [words for words in commands if words]


@pytest.mark.parametrize("block", ALL, ids=lambda block: block.place)
def test_a_block_is_marked_by_a_known_reason_or_not_at_all(block: Block) -> None:
    assert block.reason is None or block.reason in REASONS
    assert block.language, f"{block.place}: a block has a language; text is one too"


@pytest.mark.parametrize("block", [b for b in ALL if b.language == "python"], ids=lambda block: block.place)
def test_python_that_is_not_run_names_what_exists_all_the_same(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "qrcore":
            module = importlib.import_module(node.module or "")
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "qrcore":
            assert hasattr(qrcore, node.attr) or importlib.import_module(f"qrcore.{node.attr}")


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.place)
def test_commands_are_ones_that_exist(block: Block) -> None:
    for words in _commands(block):
        _check(words, block)


def _is_understood(arguments: list[str]) -> bool:
    """Whether the command line has these options; `--help` exits with 0."""
    from qrcore import cli

    try:
        cli._parser().parse_args(arguments)
    except SystemExit as stop:
        return stop.code in (0, None)
    return True


def _check(words: list[str], block: Block) -> None:
    """By the kind of the command; one of a kind not known here needs a reason."""
    command, arguments = words[0], words[1:]
    if command == "qrcore":
        assert _is_understood(arguments), f"{block.place}: {words}"
    elif command == "make":
        places = [arguments[i + 1] for i, word in enumerate(arguments) if word == "-C"]
        makefile = (ROOT / (places[0] if places else ".") / "Makefile").read_text()
        for target in (word for word in arguments if "=" not in word and word not in ("-C", *places)):
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"{block.place}: {target}"
    elif command in ("python", "python3", "pytest") or "/" in command:
        script = command if "/" in command else next((word for word in arguments if not word.startswith("-")), "")
        if block.reason is None or "/" in script:
            path = ROOT / script.split("::")[0]
            assert path.exists(), f"{block.place}: {script}"
            source = path.read_text(encoding="utf-8") if path.suffix == ".py" and command != "pytest" else None
            for option in re.findall(r"(?<!\S)--[a-z-]+", " ".join(arguments)) if source else ():
                assert option in (source or ""), f"{block.place}: {script} has no option {option}"
    elif command == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for asked in re.findall(r"(?:^| )(?:qrcore|\.)\[([^\]]+)\]", " ".join(arguments)):
            assert set(asked.split(",")) <= set(project["optional-dependencies"]), f"{block.place}: {asked}"
    else:
        assert block.reason or command in ("apt-get", "git", "cat", "echo", "export", "cd"), f"{block.place}: {words}"


@pytest.mark.parametrize("block", [b for b in ALL if b.language in ("json", "toml")], ids=lambda block: block.place)
def test_json_and_toml_are_well_formed(block: Block) -> None:
    assert (json.loads if block.language == "json" else tomllib.loads)(block.text)


def test_the_tables_of_codes_are_those_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "tools" / "docs" / "tables.py")
    assert spec
    assert spec.loader
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    page = tables.PAGE.read_text(encoding="utf-8")
    assert page == tables.filled(page), "run tools/docs/tables.py"
    assert page.count("| `") > 60


def test_the_line_of_json_on_the_page_is_what_a_symbol_gives() -> None:
    (shown,) = (json.loads(block.text) for block in ALL if block.page == "docs/formats.md")
    (symbol,) = qrcore.decode(code(shown["symbols"][0]["text"]))
    assert shown["symbols"] == [symbol.to_dict()]


def test_what_the_readme_says_first_is_what_its_figures_say() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first, figures = (re.findall(r"^\|.*\|$", text.partition(f"\n## {name}\n")[side], re.MULTILINE)
                      for name, side in (("Start", 0), ("Figures", 2)))  # fmt: skip
    assert len(first) == 4
    assert set(first[2:]) <= set(figures)


def test_blocks_are_found_with_their_lines_and_reasons(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n\n```python\na = 1\n```\n\n<!-- not run: needs a network -->\n```sh\nqrcore serve\n```\n\n"
        "1. Item\n   ```sh\n   qrcore decode a.png; X=1 qrcore trace \\\n     b.png --out c # why\n   ```\n"
    )
    first, second, third = blocks(page, tmp_path)
    assert first == Block("page.md", 4, "python", "a = 1\n", None)
    assert (second.line, second.text, second.reason) == (9, "qrcore serve\n", "needs a network")
    assert _commands(third) == [["qrcore", "decode", "a.png"], ["qrcore", "trace", "b.png", "--out", "c"]]


@pytest.mark.parametrize(
    "command",
    ["qrcore decode --no-such-option", "make no-such-target", "python benches/none.py", "pip install 'qrcore[none]'",
     "python benches/synth.py --none", "unknown-command"],
)  # fmt: skip
def test_what_does_not_exist_is_noticed(command: str) -> None:
    block = Block("page.md", 1, "sh", command, None)
    with pytest.raises(AssertionError):
        _check(*_commands(block), block)
