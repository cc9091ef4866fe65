"""Runs in the emulated Python of tools/arm_root.sh: decodes frames with each reader between the marks of insns.c.

Prints JSON: what was decoded, in order, and the versions.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image

import qrcore

CALLS = 3  # between two marks

FORMATS = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in ("QRCode", "MicroQRCode", "RMQRCode"))
READERS: dict[str, Callable[[Any], Sequence[Any]]] = {
    "fast": qrcore.Decoder(effort="fast").decode,
    "balanced": qrcore.Decoder(effort="balanced").decode,
    "zxing-cpp": lambda frame: zxingcpp.read_barcodes(frame, formats=FORMATS),
    "zxing-cpp, quick": lambda frame: zxingcpp.read_barcodes(
        frame, formats=FORMATS, try_rotate=False, try_downscale=False, try_invert=False
    ),
}

rows = []
for path in map(Path, sys.argv[1:]):
    frame = np.asarray(Image.open(path))
    for name, decode in READERS.items():
        for _ in range(2):
            found = decode(frame)
        os.getppid()
        for _ in range(CALLS):
            decode(frame)
        os.getppid()
        rows.append({"frame": path.stem, "reader": name, "calls": CALLS, "symbols": len(found)})

versions = {name: importlib.metadata.version(name) for name in ("qrcore", "zxing-cpp", "numpy")}
print(json.dumps({"rows": rows, "versions": {**versions, "python": platform.python_version()}}))
