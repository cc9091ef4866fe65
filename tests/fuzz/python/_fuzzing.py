"""What the Python targets share: mutations that start from real inputs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import atheris


def mutator(seeds: Sequence[bytes]) -> Callable[[bytes, int, int], bytes]:
    """A custom mutator: often libFuzzer's own, else a real input, or parts of two of them put together."""

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        kind = chance.randrange(8)
        if data and kind >= 2:
            return bytes(atheris.Mutate(data, max_size))
        other = chance.choice(seeds)
        if kind == 1 and data:
            cut, start = chance.randrange(len(data) + 1), chance.randrange(len(other) + 1)
            other = data[:cut] + other[start:]
        return other[:max_size]

    return mutate


def run(argv: list[str], test_one: Callable[[bytes], None], seeds: Sequence[bytes]) -> None:
    for seed in seeds:
        test_one(seed)  # imports all that is imported lazily, before the clock of an input runs
    atheris.Setup(argv, test_one, custom_mutator=mutator(seeds))
    atheris.Fuzz()
