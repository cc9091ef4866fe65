"""The displacement field of a mesh as one dense least-squares problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
HOLD = 1e-6  # by which every node is held at nothing, so that there is one answer


def shares(nodes: tuple[int, int], step: float, at: Any) -> Array:
    """How much each node counts at a place: bilinear between four of them, the edge going on outside."""
    places = (min(max(c / step, 0), n - 1) for c, n in zip(at, nodes, strict=True))
    across, down = (np.maximum(0, 1 - np.abs(c - np.arange(n))) for c, n in zip(places, nodes, strict=True))
    return np.outer(down, across).ravel()


def bending(nodes: tuple[int, int]) -> Array:
    """Rows whose squares add up to the bending energy: second differences along both axes, and mixed ones twice."""
    index = np.arange(nodes[0] * nodes[1]).reshape(nodes[::-1])
    rows = []
    for line in (*index, *index.T):
        for a, b, c in zip(line, line[1:], line[2:], strict=False):
            rows.append({a: 1.0, b: -2.0, c: 1.0})
    for j in range(nodes[1] - 1):
        for i in range(nodes[0] - 1):
            root = np.sqrt(2)
            a, b, c, d = index[j : j + 2, i : i + 2].ravel()
            rows.append({a: root, b: -root, c: -root, d: root})
    out = np.zeros((len(rows), index.size))
    for k, row in enumerate(rows):
        out[k, list(row)] = list(row.values())
    return out


def fitted(
    nodes: tuple[int, int], step: float, observed: list[tuple[Any, Any, float, float]], stiffness: float
) -> Array:
    """The displacement of each node."""
    n = nodes[0] * nodes[1]
    matrix = np.array([shares(nodes, step, at) for at, *_ in observed]).reshape(-1, n)
    out = np.empty((n, 2))
    for axis in (0, 1):
        root = np.sqrt([each[2 + axis] for each in observed])
        values = np.array([each[1][axis] for each in observed])
        rows = np.vstack([root[:, None] * matrix, np.sqrt(stiffness) * bending(nodes), np.sqrt(HOLD) * np.eye(n)])
        right = np.concatenate([root * values, np.zeros(len(rows) - len(values))])
        out[:, axis] = np.linalg.lstsq(rows, right, rcond=None)[0]
    return out
