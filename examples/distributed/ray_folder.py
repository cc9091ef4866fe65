"""Ray Data: every picture below a folder, decoded by actors, one a core.

    pip install 'qrcore[fast,batch]' 'ray[data]'
    python ray_folder.py PICTURES results.parquet

An actor keeps its decoder, and with it the memory of the engine, from batch to batch.
"""

from __future__ import annotations

import os
import sys

import pyarrow
import pyarrow.parquet
import ray
import ray.data

from qrcore.distributed import BatchDecoder, output_schema

PICTURES_A_BATCH = 64


def decode_folder(folder: str, actors: int = os.cpu_count() or 1) -> pyarrow.Table:
    """A row for each code."""
    files = ray.data.read_binary_files(folder, include_paths=True)
    decoded = files.map_batches(
        BatchDecoder,
        fn_constructor_kwargs={"column": "bytes", "source": "path"},
        batch_format="pyarrow",
        batch_size=PICTURES_A_BATCH,
        concurrency=actors,
        num_cpus=0.5,  # or the actors would take all cores, and none were left to read
    )
    tables = ray.get(decoded.to_arrow_refs())
    return pyarrow.concat_tables([table.cast(output_schema()) for table in tables if table.num_rows])


if __name__ == "__main__":
    ray.init(include_dashboard=False)
    pyarrow.parquet.write_table(decode_folder(sys.argv[1]), sys.argv[2])
