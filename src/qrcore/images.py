"""Loading."""
from __future__ import annotations
import os
from typing import Any, BinaryIO, Union
import numpy as np
from PIL import Image as _I
MAX_PIXELS = 200_000_000
Image = Any
def load(image: Any, *, colour: bool, max_pixels: int) -> Any:
    if isinstance(image, _I.Image): return np.asarray(image.convert("L"))
    import io
    f = io.BytesIO(image) if isinstance(image, bytes) else image
    with _I.open(f) as im: return np.asarray(im.convert("L"))
