"""Dask: every picture below a folder, decoded in processes of this machine or of a cluster.

    pip install 'qrcore[fast,batch]' dask distributed
    python dask_folder.py PICTURES results.parquet

With a cluster, make its `Client` before calling `decode_folder` and take away `scheduler`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dask.bag
import pyarrow
import pyarrow.parquet

from qrcore.distributed import BatchDecoder, output_schema

PICTURES_A_TASK = 64


def decode_files(paths: list[str]) -> list[pyarrow.Table]:
    """The rows of some files: what a worker does."""
    decoder = BatchDecoder(column="content", source="path")
    batch = pyarrow.record_batch({"path": paths, "content": [Path(path).read_bytes() for path in paths]})
    return [decoder(batch)]


def decode_folder(folder: str) -> pyarrow.Table:
    """A row for each code."""
    paths = sorted(str(path) for path in Path(folder).rglob("*") if path.is_file())
    parts = dask.bag.from_sequence(paths, partition_size=PICTURES_A_TASK).map_partitions(decode_files)
    tables = parts.compute(scheduler="threads")
    return pyarrow.concat_tables(tables) if tables else output_schema().empty_table()


if __name__ == "__main__":
    pyarrow.parquet.write_table(decode_folder(sys.argv[1]), sys.argv[2])
