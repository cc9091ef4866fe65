"""What this process holds in memory, for tests that nothing grows; on Linux with glibc 2.33 or later."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

import pytest

MIB = 1 << 20

linux_only = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
glibc_only = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="asks the allocator of glibc 2.33"
)


class _Heap(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"
    )]  # fmt: skip


def resident() -> int:
    """Bytes in memory, what the allocator keeps for later included."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def resident_in_use() -> int:
    """Bytes in memory once the allocator has given back what nobody uses."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident()


def in_use() -> int:
    """Bytes that are allocated now, in all arenas."""
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = _Heap
    gc.collect()
    heap = mallinfo2()
    return int(heap.uordblks + heap.hblkhd)
