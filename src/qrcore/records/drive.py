"""Runs a protocol that is written as a generator: it yields questions and is sent the answers.

So a protocol is written once, does no I/O, and runs with threads and with asyncio.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

__all__ = ["drive", "drive_async"]

Q = TypeVar("Q")
A = TypeVar("A")
T = TypeVar("T")


def drive(steps: Generator[Q, A, T], answer: Callable[[Q], A]) -> T:
    """The result of the steps; what `answer` raises goes to the caller."""
    try:
        question = next(steps)
        while True:
            question = steps.send(answer(question))
    except StopIteration as done:
        result: T = done.value
        return result


async def drive_async(steps: Generator[Q, A, T], answer: Callable[[Q], Awaitable[A]]) -> T:
    """The same with an `answer` to wait for."""
    try:
        question = next(steps)
        while True:
            question = steps.send(await answer(question))
    except StopIteration as done:
        result: T = done.value
        return result
