"""Arrow in, Arrow out."""

from __future__ import annotations

import pickle
import runpy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from batch.archives_of import folder, png, pngs, tiff
from batch.running import batch, rows_of

from qrcore import OptionError
from qrcore.distributed import BatchDecoder, decode_arrow, output_schema

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "distributed"


def pictures() -> dict[str, bytes]:
    return {**pngs(5), "bad.png": b"nothing", "pages.tif": tiff(["p", "q"])}


def table(paths: list[str] | None = None) -> pa.Table:
    files = pictures()
    return pa.table(
        {"path": paths or list(files), "length": [len(d) for d in files.values()], "content": list(files.values())}
    )


def test_the_rows_are_those_of_the_command(tmp_path: Path) -> None:
    files = pictures()
    where = folder(files, tmp_path / "d")
    assert batch(where, "--out", tmp_path / "out.parquet", "--quiet") == 3
    paths = sorted(str(where / name) for name in files)
    by_path = {str(where / name): data for name, data in files.items()}
    batches = pa.table({"path": paths, "content": [by_path[p] for p in paths]}).to_batches(max_chunksize=2)
    decoded = list(decode_arrow(iter(batches), column="content", source="path"))
    assert len(decoded) == 4
    assert all(piece.schema == output_schema() for piece in decoded)
    assert pa.Table.from_batches(decoded).to_pylist() == rows_of(tmp_path / "out.parquet")


def test_a_decoder_is_called_with_batches_and_tables_and_can_be_pickled() -> None:
    decoder = BatchDecoder(column="content", source="path", effort="fast", scale=2)
    for each in (decoder, pickle.loads(pickle.dumps(decoder))):
        rows = each(table()).to_pylist()
        assert [row["text"] for row in rows] == [f"code {i}" for i in range(5)] + [None, "p", "q"]
        assert rows == each(table().to_batches()[0]).to_pylist()
    assert decoder(table().slice(0, 0)).schema == output_schema()


def test_structs_nulls_and_names_of_members() -> None:
    struct = pa.table({"image": [{"bytes": png("a"), "path": "x"}, {"bytes": None, "path": "y"}], "key": ["k", None]})
    rows = BatchDecoder(member="key", every_picture=True)(struct).to_pylist()
    assert [(r["source"], r["member"], r["text"], bool(r["error"])) for r in rows] == [
        ("#0", "k", "a", False),
        ("#1", None, None, True),
    ]


def test_rows_are_numbered_through_all_batches() -> None:
    batches = table().select(["content"]).to_batches(max_chunksize=3)
    sources = [s for piece in decode_arrow(batches) for s in piece.column("source").to_pylist()]
    assert sources == ["#0", "#1", "#2", "#3", "#4", "#5", "#6", "#6"]


@pytest.mark.parametrize("options", [{"column": "nothing"}, {"source": "nothing"}, {"effort": "huge"}, {"x": 1}])
def test_wrong_columns_and_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        list(decode_arrow(table().to_batches(), **options))


def run_example(name: str, where: Path) -> list[dict[str, Any]]:
    module = runpy.run_path(str(EXAMPLES / f"{name}_folder.py"))
    rows: list[dict[str, Any]] = module["decode_folder"](str(where)).to_pylist()
    return sorted(rows, key=lambda row: (row["source"], row["page"] or 0))


def expected(where: Path) -> list[dict[str, Any]]:
    out = where.parent / "out.parquet"
    batch(where, "--out", out, "--quiet")
    return sorted(rows_of(out), key=lambda row: (row["source"], row["page"] or 0))


def test_dask_gives_the_same_rows(tmp_path: Path) -> None:
    where = folder(pictures(), tmp_path / "d")
    assert run_example("dask", where) == expected(where)


@pytest.mark.deep
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["ray", "spark"])
def test_ray_and_spark_give_the_same_rows(tmp_path: Path, name: str) -> None:
    pytest.importorskip({"ray": "ray", "spark": "pyspark"}[name])
    where = folder(pictures(), tmp_path / "d")
    assert run_example(name, where) == expected(where)
