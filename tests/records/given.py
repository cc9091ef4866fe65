"""What many tests of records begin with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qrcore.records import RecordError

MENU = {"title": "Menu", "links": [{"href": "https://shop.example/menu?t={label}"}]}


def code_of(call: Callable[[], object]) -> str:
    """The code of the error that a call raises."""
    with pytest.raises(RecordError) as caught:
        call()
    return caught.value.code
