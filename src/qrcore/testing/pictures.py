"""Pictures of codes, drawn clean and damaged on purpose."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ..images import Pixels

__all__ = ["damage", "draw"]


def draw(text: str, *, scale: int = 8, border: int = 4, error: str = "M") -> Pixels:
    """A clean picture of a QR code, gray, `scale` pixels a module. Needs segno."""
    from ..extras import needs

    with needs("records"):
        import segno
    out = io.BytesIO()
    segno.make_qr(text, error=error).save(out, kind="png", scale=scale, border=border)
    return np.asarray(Image.open(out).convert("L"))


def damage(
    picture: Pixels,
    *,
    blur: float = 0.0,
    noise: float = 0.0,
    tilt: float = 0.0,
    slant: float = 0.0,
    contrast: float = 1.0,
    shadow: float = 0.0,
    glare: float = 0.0,
    scratches: int = 0,
    seed: int = 0,
) -> Pixels:
    """A picture of the same size or larger, worse in ways that do happen; the same for the same `seed`.

    `blur` and `noise` are standard deviations, in pixels and gray levels; `tilt` turns by degrees, `slant` (0 to 0.4)
    narrows the upper edge as a view from below does; `contrast` below 1 fades, `shadow` (0 to 1) darkens one side,
    `glare` whitens a spot of that share of the width, `scratches` are drawn across.
    """
    rng = np.random.default_rng(seed)
    image = Image.fromarray(np.ascontiguousarray(picture)).convert("L")
    width, height = image.size
    if scratches or glare:
        pen = ImageDraw.Draw(image)
        for _ in range(scratches):
            (x0, x1), (y0, y1) = rng.uniform(0, width, 2), rng.uniform(0, height, 2)
            pen.line((x0, y0, x1, y1), fill=int(rng.integers(90, 200)), width=max(1, width // 120))
        if glare:
            x, y = rng.uniform(0.35, 0.65, 2) * (width, height)
            radius = glare * width / 2
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    if slant:
        inset = slant * width / 2
        corners = ((inset, 0), (width - inset, 0), (width, height), (0, height))
        image = image.transform(
            (width, height), Image.Transform.PERSPECTIVE, _homography(corners, width, height),
            Image.Resampling.BICUBIC, fillcolor=255,
        )  # fmt: skip
    if tilt:
        image = image.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
    values = np.asarray(image, np.float64)
    values = 128 + (values - 128) * contrast
    if shadow:
        values = values * np.linspace(1 - shadow, 1, values.shape[1])
    if noise:
        values = values + rng.normal(0, noise, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def _homography(corners: tuple[tuple[float, float], ...], width: int, height: int) -> list[float]:
    """The coefficients by which PIL finds for a pixel of the result its place in the source."""
    source = ((0, 0), (width, 0), (width, height), (0, height))
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(right))]
