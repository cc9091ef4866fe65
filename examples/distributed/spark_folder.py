"""Spark: every picture below a folder, by `binaryFile` and `mapInArrow`.

    pip install 'qrcore[fast,batch]' 'pyspark>=4' pandas
    python spark_folder.py PICTURES results.parquet

On a cluster qrcore has to be installed on the executors, and PYSPARK_PYTHON has to name their Python.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

import pyarrow
import pyarrow.compute
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession

from qrcore.distributed import decode_arrow, output_schema

COLUMNS = (
    "source string, member string, page int, frame bigint, start double, end double, width int, height int, "
    "symbology string, text string, data binary, corners array<double>, version int, level string, "
    "margin double, error string"
)
PICTURES_A_BATCH = 64  # Arrow batches of Spark hold 10000 rows unless told otherwise: too many for photos


def decode(batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    """What an executor does."""
    return decode_arrow(map(with_plain_paths, batches), column="content", source="path")


def with_plain_paths(batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
    """Local files by their path: Spark calls them file:/path."""
    paths = pyarrow.compute.replace_substring_regex(batch.column("path"), "^file:(//)?", "")
    return pyarrow.RecordBatch.from_arrays([paths, batch.column("content")], ["path", "content"])


def decoded(spark: SparkSession, folder: str) -> DataFrame:
    """A row for each code."""
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", PICTURES_A_BATCH)
    files = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(folder)
    return files.select("path", "content").mapInArrow(decode, COLUMNS)


def decode_folder(folder: str) -> pyarrow.Table:
    """The rows, on the driver."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local[2]").appName("qrcore").getOrCreate()
    try:
        return decoded(spark, folder).toArrow().cast(output_schema())
    finally:
        spark.stop()


if __name__ == "__main__":
    pyarrow.parquet.write_table(decode_folder(sys.argv[1]), sys.argv[2])
