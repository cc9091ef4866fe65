"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["usable_cores"]


def usable_cores(root: Path = Path("/")) -> int:
    """Cores by affinity and by the quota of the control group, rounded up; at least 1.

    Args:
        root: where /proc and /sys lie, for tests.
    """
    count = _affinity()
    quota = _quota(root)
    return max(1, count if quota is None else min(count, math.ceil(quota)))


def _affinity() -> int:
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quota(root: Path) -> float | None:
    """Cores granted by cgroup v2 or v1: the least on the way from our group to the root."""
    quotas = []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            read, base = _quota_v2, root / "sys/fs/cgroup"
        elif "cpu" in controllers.split(","):
            read, base = _quota_v1, root / "sys/fs/cgroup/cpu"
        else:
            continue
        group = base / path.lstrip("/")
        while True:
            quotas.append(read(group))
            if group in (base, group.parent):
                break
            group = group.parent
    return min((q for q in quotas if q), default=None)


def _quota_v2(group: Path) -> float | None:
    quota, _, period = _text(group / "cpu.max").strip().partition(" ")
    return _ratio(quota, period)


def _quota_v1(group: Path) -> float | None:
    return _ratio(_text(group / "cpu.cfs_quota_us").strip(), _text(group / "cpu.cfs_period_us").strip())


def _ratio(quota: str, period: str) -> float | None:
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
