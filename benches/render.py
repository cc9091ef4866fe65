"""Renders pictures of two-dimensional codes whose text and corners are known exactly.

Photos show what happens in the world, but never one cause alone, never at a chosen strength, and their
labels are drawn by hand. Here a printed sheet is looked at by a simple camera: a pinhole in front of a plane
or a cylinder of folded paper, then light, lens, sensor and JPEG, all in linear light up to the sensor. The
same scene gives the same picture, for one version of NumPy and OpenCV.

    picture = render(Scene((code("hello"),), tilt=40, defocus=0.5))
    picture.image, picture.texts, picture.corners
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benches.scene import RGB, Caption, Code, Floats, Scene, code, direction, rotation
from benches.sheet import Sheet, clouds, tint

__all__ = ["RGB", "Caption", "Code", "Picture", "Scene", "View", "code", "direction", "render"]

Bytes = npt.NDArray[np.uint8]
BAND = 64  # rows of samples at a time, so that they stay in the cache


@dataclass(frozen=True, eq=False)
class Picture:
    """A rendered scene. Corners are those of the symbol itself, so they run anticlockwise if it is mirrored;
    (0, 0) is the outer corner of the first pixel."""

    image: Bytes  # H x W, or H x W x 3 RGB
    texts: tuple[str, ...]
    corners: Floats  # codes x 4 x 2: top-left, top-right, bottom-right, bottom-left


def render(scene: Scene) -> Picture:
    """The picture that the camera takes of the scene."""
    view = View(scene)
    samples = max(3, min(10, math.ceil(8 / scene.module_px)))  # a pixel has this many, squared
    light, unit = _radiance(scene, view, samples), scene.module_px * samples
    light = _lens(light, scene.defocus * unit, scene.motion * unit, scene.motion_angle)
    pixels = np.asarray(cv2.resize(light, view.size, interpolation=cv2.INTER_AREA))
    corners = np.stack([view.project(made.corners()) for made in scene.codes])
    image = _sensor(pixels.reshape(*view.size[::-1], -1), scene)
    return Picture(image, tuple(made.text for made in scene.codes), corners)


# ---- Where things are


@dataclass(frozen=True)
class _Fold:
    """A ridge: up to `width` from a line the sheet is steep, so that it looks narrower there."""

    normal: Floats
    offset: float
    width: float
    slope: float  # radians

    def apply(self, points: Floats) -> Floats:
        """From the flat sheet to the folded one as seen from above."""
        s = np.clip(points @ self.normal - self.offset, -self.width, self.width)
        return np.asarray(points + ((math.cos(self.slope) - 1) * s)[:, None] * self.normal)

    def undo(self, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        """Back, and how brightly the slope is lit: the light comes from the bottom right."""
        s = u * self.normal[0] + v * self.normal[1] - self.offset
        reach = self.width * math.cos(self.slope)
        moved = (1 / math.cos(self.slope) - 1) * np.clip(s, -reach, reach)
        contrast = 0.35 * math.sin(self.slope) * float(self.normal @ (0.6, 0.8))
        shade = 1 + contrast * np.clip(4 * s / reach, -1, 1) * (np.abs(s) < reach)
        return u + moved * self.normal[0], v + moved * self.normal[1], shade


class View:
    """Where a point of the sheet appears, and what is seen at a pixel.

    sheet -- waves, folds --> surface -- cylinder --> space -- tilt, rotation, pinhole --> picture
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        content = np.concatenate([made.corners() for made in scene.codes])
        self.low, self.high = content.min(0), content.max(0)
        self.distance = scene.distance * float((self.high - self.low).max())
        self.across = rotation(scene.bend_axis).T  # sheet -> along the cylinder's axis, across it
        x, y = direction(scene.tilt_axis)
        cross, angle = np.array([[0, 0, y], [0, 0, -x], [-y, x, 0]]), math.radians(scene.tilt)
        self.pose = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * (cross @ cross)
        self.pose[:, :2] = self.pose[:, :2] @ rotation(scene.rotation)
        self._crumple(np.random.default_rng([scene.seed, 1]))

        self.centre = np.zeros(2)
        shown = [made.corners(made.quiet + scene.margin / made.scale) for made in scene.codes]
        seen = self.project(np.concatenate([_outline(quad) for quad in shown]))
        low, high = seen.min(0), seen.max(0)
        width, height = scene.size or np.ceil(high - low).astype(int)
        self.size = int(width), int(height)
        middle = np.zeros(2) if scene.size else (low + high) / 2
        self.centre = np.array(self.size) / 2 - middle + scene.shift

    def _crumple(self, rng: np.random.Generator) -> None:
        reach, side = self.high - self.low, float((self.high - self.low).max())
        self.folds: list[_Fold] = []
        for k in range(self.scene.folds):
            normal = direction(rng.uniform(0, 360))
            offset = float((self.low + reach * rng.uniform(0.1, 0.9, 2)) @ normal)
            slope = math.radians(self.scene.fold_angle) * (1 if k == 0 else rng.uniform(0.4, 1))
            self.folds.append(_Fold(normal, offset, side * rng.uniform(0.05, 0.15), slope))
        self.waves: list[tuple[Floats, Floats, float]] = []  # frequency, amplitude, phase
        for length in side * rng.uniform(0.35, 0.9, 6):
            along, moved = direction(rng.uniform(0, 360)), direction(rng.uniform(0, 360))
            strength = 0.4 * self.scene.wave * length / side
            self.waves.append((2 * math.pi / length * along, strength * moved, rng.uniform(0, 2 * math.pi)))

    def _smooth(self, u: Floats, v: Floats) -> tuple[Floats, Floats]:
        """From the surface to the sheet: undoes the waves."""
        if not self.scene.wave:
            return u, v
        heights = [np.sin(u * f[0] + v * f[1] + phase) for f, _, phase in self.waves]
        for (_, moved, _), height in zip(self.waves, heights, strict=True):
            u, v = u + moved[0] * height, v + moved[1] * height
        return u, v

    def project(self, points: Floats) -> Floats:
        """The places in the picture of n x 2 points of the sheet."""
        seen = np.array(points, float)
        for _ in range(60 if self.scene.wave else 0):  # the waves are known the other way round
            seen += points - np.stack(self._smooth(*seen.T), 1)
        for fold in self.folds:
            seen = fold.apply(seen)
        space = np.pad(seen, ((0, 0), (0, 1)))
        if math.isfinite(self.scene.bend):
            along, arc = (seen @ self.across.T).T
            theta, radius = arc / self.scene.bend, self.scene.bend
            space[:, :2] = np.stack([along, radius * np.sin(theta)], 1) @ self.across
            space[:, 2] = radius * (1 - np.cos(theta))
        space = space @ self.pose.T
        scale = self.scene.module_px / (1 + space[:, 2:] / self.distance)
        return np.asarray(space[:, :2] * scale + self.centre)

    def unproject(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """For a grid of pixels, a row x and a column y: the points u, v of the sheet, whether it is seen
        there at all, and how brightly its slope is lit."""
        focus = self.scene.module_px * self.distance
        x, y = (x - self.centre[0]) / focus, (y - self.centre[1]) / focus
        # The pose is a rotation: its inverse is its transpose.
        ray_u, ray_v, ray_z = (self.pose[0, k] * x + self.pose[1, k] * y + self.pose[2, k] for k in range(3))
        eye = -self.distance * self.pose[2]
        if math.isfinite(self.scene.bend):
            u, v, seen, shade = self._cylinder(eye, ray_u, ray_v, ray_z)
        else:
            reach = np.clip(-eye[2] / np.where(ray_z == 0, 1e-12, ray_z), 0, 1e4)  # 0: behind the camera
            u, v, shade = eye[0] + reach * ray_u, eye[1] + reach * ray_v, np.ones_like(reach)
            seen = (reach > 0) & (reach < 1e4)
        for fold in reversed(self.folds):
            u, v, lit = fold.undo(u, v)
            shade = shade * lit
        return *self._smooth(u, v), seen, shade

    def _cylinder(
        self, eye: Floats, ray_u: Floats, ray_v: Floats, ray_z: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """The same for the surface of a cylinder, whose axis lies `bend` behind the sheet's centre."""
        radius, ((along_u, along_v), (across_u, across_v)) = self.scene.bend, self.across.tolist()
        start, depth = across_u * eye[0] + across_v * eye[1], eye[2] - radius
        slant = across_u * ray_u + across_v * ray_v
        a, b = slant**2 + ray_z**2, slant * start + ray_z * depth
        root = b * b - a * (start**2 + depth**2 - radius**2)
        reach = (-b - math.copysign(1, radius) * np.sqrt(np.maximum(root, 0))) / a
        theta = np.arctan2((start + reach * slant) / radius, -(depth + reach * ray_z) / radius)
        along = along_u * (eye[0] + reach * ray_u) + along_v * (eye[1] + reach * ray_v)
        arc, seen = radius * theta, (root > 0) & (reach > 0) & (np.abs(theta) < 3)
        lit = 0.35 + 0.65 * np.cos(theta)
        return along * along_u + arc * across_u, along * along_v + arc * across_v, seen, lit


def _outline(quad: Floats) -> Floats:
    """Points along a quadrilateral."""
    steps = np.linspace(0, 1, 24)[:, None]
    return np.concatenate([a + steps * (b - a) for a, b in zip(quad, np.roll(quad, -1, 0), strict=True)])


# ---- Light, lens, sensor


def _radiance(scene: Scene, view: View, samples: int) -> Floats:
    """The light that comes from each sample, before the lens; that of a white sheet is 1."""
    sheet = Sheet(scene, max(8, min(40, int(scene.module_px * samples))))
    columns, rows = (n * samples for n in view.size)
    out = np.empty((rows, columns, 3 if scene.colour else 1), np.float32)
    cover = np.empty((rows, columns), np.float32)
    x = (np.arange(columns) + 0.5) / samples
    for first in range(0, rows, BAND):
        y = (np.arange(first, min(first + BAND, rows)) + 0.5)[:, None] / samples
        u, v, seen, shade = view.unproject(x, y)
        texture = sheet.look(u, v)
        band = slice(first, first + len(y))
        out[band] = texture[..., :-1] * _lamp(scene, view, u, v, shade) + _highlight(scene, u, v)
        cover[band] = texture[..., -1] * seen
    if cover.min() < 1:
        table = _backdrop(scene, view, cover)
        out = table + (out - table) * cover[..., None]
    if scene.gradient:
        across, down = direction(scene.gradient_angle) / np.abs(direction(scene.gradient_angle)).sum()
        ramp = 0.5 + across * np.linspace(-0.5, 0.5, columns) + down * np.linspace(-0.5, 0.5, rows)[:, None]
        out *= (1 - scene.gradient * ramp).astype(np.float32)[..., None]
    return out


def _backdrop(scene: Scene, view: View, cover: Floats) -> Floats:
    """A wooden table on which the sheet casts a soft shadow."""
    width, height = view.size
    size, rng = cover.shape[::-1], np.random.default_rng([scene.seed, 3])
    grain = 1 + 0.1 * clouds(rng, width // 16 + 2, height)
    wood = np.asarray(cv2.resize(grain, size, interpolation=cv2.INTER_CUBIC))
    small = np.asarray(cv2.resize(cover, (width // 4 + 1, height // 4 + 1), interpolation=cv2.INTER_AREA))
    near = np.asarray(cv2.GaussianBlur(small, (0, 0), scene.module_px * 0.4))
    shadow = np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_CUBIC))
    return np.asarray((wood * (1 - 0.5 * shadow))[..., None] * tint(scene.backdrop, scene), np.float32)


def _lamp(scene: Scene, view: View, u: Floats, v: Floats, shade: Floats) -> Floats:
    """What multiplies the light of the sheet: its slope, a shadow, a lit strip."""
    if scene.shadow:
        x, y = direction(scene.shadow_angle) / scene.shadow_blur
        shade = shade * (1 - scene.shadow * (0.5 + 0.5 * np.tanh(u * x + v * y)))
    if scene.stroke:
        off = np.abs(v - view.high[1] - 3.5 - 0.8 * np.sin(u / 7))
        shade = shade + scene.stroke / (1 + np.exp(np.minimum((off - 1.2) * 6, 50)))
    return shade[..., None].astype(np.float32)


def _highlight(scene: Scene, u: Floats, v: Floats) -> Floats:
    """What is added to the light of the sheet: glare, a reflection."""
    light: Floats = np.zeros(1)
    if scene.reflection:
        (x, y), (at_u, at_v) = direction(scene.reflection_angle), scene.reflection_at
        inside = scene.reflection_width / 2 - np.abs((v - at_v) * x - (u - at_u) * y)
        light = scene.reflection * (0.5 + 0.5 * np.tanh(inside / scene.reflection_blur))
    if not scene.glare:
        return np.asarray(light[..., None], np.float32)
    (x, y), stretch = direction(35) / scene.glare_radius, math.sqrt(scene.glare_stretch)
    u, v = u - scene.glare_at[0], v - scene.glare_at[1]
    off = ((u * x + v * y) / stretch) ** 2 + ((v * x - u * y) * stretch) ** 2
    light = light + scene.glare * np.exp(-math.log(max(scene.glare, 1.01)) * off)
    return np.asarray(light[..., None], np.float32)


def _lens(light: Floats, radius: float, length: float, angle: float) -> Floats:
    """Blurs by a disc and along a line; lengths are in samples."""
    kernels = []
    if radius > 0.5:
        x = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
        kernels.append(np.clip(radius + 0.5 - np.hypot(x, x[:, None]), 0, 1))
    if length > 1:
        x, (dx, dy) = np.arange(-math.ceil(length / 2), math.ceil(length / 2) + 1), direction(angle)
        along, off = np.abs(x * dx + x[:, None] * dy), np.abs(x * dy - x[:, None] * dx)
        kernels.append(np.clip(1 - off, 0, 1) * np.clip(length / 2 + 0.5 - along, 0, 1))
    for kernel in kernels:
        light = np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))
    return light


def _sensor(light: Floats, scene: Scene) -> Bytes:
    """Exposure, noise, saturation, gamma, compression."""
    light = light * scene.exposure
    if scene.full_well:
        rng = np.random.default_rng([scene.seed, 4])
        electrons = rng.poisson(np.clip(light, 0, 50) * scene.full_well).astype(float)
        electrons += rng.normal(0, scene.read_noise, light.shape)
        light = electrons / scene.full_well
    light = np.clip(light, 0, 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    image = np.round(255 * srgb).astype(np.uint8)
    if scene.jpeg:
        file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])[1]
        image = np.asarray(cv2.imdecode(file, cv2.IMREAD_UNCHANGED), np.uint8).reshape(image.shape)[..., ::-1]
    return np.ascontiguousarray(image if scene.colour else image[..., 0])
