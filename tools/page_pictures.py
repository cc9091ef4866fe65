"""Makes the pictures of `docs/page.md` from the screenshots that the tests of the page take.

QRCORE_SCREENSHOTS=shots pytest -m deep tests/page/test_look.py -k light
python tools/page_pictures.py shots
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

TARGET = Path(__file__).resolve().parent.parent / "docs" / "page"
PICTURES = {"read": "en-wide-light-read", "scans": "en-wide-light-scans", "sealed": "zh-phone-light-viewer"}
WIDTHS = {"wide": 800, "phone": 312}


def main(folder: Path) -> None:
    """Writes one WebP for each name."""
    TARGET.mkdir(exist_ok=True)
    for name, shot in PICTURES.items():
        picture = Image.open(folder / f"{shot}.png").convert("RGB")
        width = WIDTHS[shot.split("-")[1]]
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
        picture.save(TARGET / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
