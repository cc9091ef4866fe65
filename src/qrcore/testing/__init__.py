"""For the tests of those who use qrcore: codes that are damaged on purpose, and an authority without a network.

pytest_plugins = ["qrcore.testing"]             # in conftest.py; gives the fixture `qrcore_authority`

def test_menu(qrcore_authority):
    record = qrcore_authority.store.create({"links": [{"href": "https://shop.example/menu"}]})
    picture = damage(draw(record.url), blur=1.5, tilt=12, seed=1)
    [symbol] = qrcore.decode(picture)
    assert qrcore_authority.resolver().resolve(symbol).chosen.href == "https://shop.example/menu"
"""

from __future__ import annotations

from collections.abc import Iterator

from .authority import MemoryAuthority, Request, no_network
from .pictures import damage, draw

__all__ = ["MemoryAuthority", "Request", "damage", "draw", "no_network", "qrcore_authority"]

try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture
    def qrcore_authority() -> Iterator[MemoryAuthority]:
        """An authority in memory, fresh for each test."""
        authority = MemoryAuthority()
        yield authority
        authority.store.close()
