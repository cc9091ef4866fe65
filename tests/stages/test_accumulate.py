"""sight, accumulate and confirm: frames of a symbol as random numbers around its modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import segno
from grids import known

from qrcore._core import stages, tunable_defaults

DEFAULTS = tunable_defaults()
Floats = npt.NDArray[np.float32]
SQUARE = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], float)
RIGHT = np.array([1.0, 0.0])


def symbol(text: str, version: int = 2, error: str = "M") -> Floats:
    """Its modules, +1 dark and -1 light."""
    made = segno.make(text, version=version, error=error, mask=3, boost_error=False)
    return np.array([list(row) for row in made.matrix], np.float32) * 2 - 1


def seen(modules: Floats, noise: float, rng: np.random.Generator) -> Floats:
    return (4 * modules + noise * rng.standard_normal(modules.shape)).astype(np.float32)


def frame(llr: Floats, version: int, number: int, corners: Any = SQUARE, **more: Any) -> dict[str, Any]:
    values = (llr * known(version))[known(version) != 0]
    return {"llr": llr, "corners": corners, "mean": values.mean(), "deviation": values.std(), "frame": number, **more}


def floats(data: bytes) -> Floats:
    values = np.frombuffer(data, np.float32)
    return values.reshape(round(len(values) ** 0.5), -1)


# ---- sight


def test_of_several_attempts_the_one_with_the_best_fixed_modules_is_kept() -> None:
    rng, modules = np.random.default_rng(1), symbol("sight")
    attempts = [seen(modules, noise, rng) for noise in (4, 8, 2, 3)]
    got = stages.sight(attempts, 2)
    assert got["statuses"] == ["ok", "function_pattern", "ok", "function_pattern"]
    assert np.array_equal(floats(got["llr"]), attempts[2])
    values = (attempts[2] * known(2))[known(2) != 0]
    assert (got["mean"], got["deviation"]) == pytest.approx((values.mean(), values.std()), rel=1e-4)


def test_what_shows_no_symbol_is_not_kept() -> None:
    rng = np.random.default_rng(2)
    noise = [rng.normal(0, 4, (25, 25)).astype(np.float32) for _ in range(200)]
    assert set(stages.sight(noise, 2)["statuses"]) == {"function_pattern"}
    assert stages.sight([np.zeros((25, 25), np.float32)], 2)["statuses"] == ["function_pattern"]
    assert stages.sight([-4 * symbol("light on dark")], 2)["statuses"] == ["function_pattern"]


def test_the_budget_ends_a_sight() -> None:
    assert stages.sight([symbol("late")], 2, work_units=1)["statuses"] == ["budget"]


# ---- accumulate


@pytest.mark.parametrize(("version", "noise"), [(1, 5.0), (2, 6.0), (7, 7.0), (20, 8.0)])
def test_a_sum_reads_where_no_frame_does(version: int, noise: float) -> None:
    rng, modules = np.random.default_rng(version), symbol("SUM", version)
    frames = [seen(modules, noise, rng) for _ in range(30)]
    assert all(stages.decode_modules(llr)["status"] != "ok" for llr in frames)
    got = stages.accumulate([frame(llr, version, k) for k, llr in enumerate(frames)], version)
    together = max(got["sums"], key=lambda s: s["frames"])
    assert together["frames"] >= 25
    assert stages.decode_modules(floats(together["llr"]).copy())["data"] == b"SUM"


def test_each_frame_counts_by_its_fixed_modules() -> None:
    rng, modules = np.random.default_rng(5), symbol("weights", 3)
    frames = [frame(seen(modules, noise, rng), 3, k) for k, noise in enumerate((2, 6, 3, 8))]
    [got] = stages.accumulate(frames, 3, tunables={"accumulate.most_scale": 1e6})["sums"]
    expected = sum(2 * f["mean"] / f["deviation"] ** 2 * f["llr"] for f in frames)
    assert floats(got["llr"]) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    [got] = stages.accumulate([frame(4 * modules, 3, 0, deviation=1e-3)], 3)["sums"]
    assert floats(got["llr"]) == pytest.approx(4 * DEFAULTS["accumulate.most_scale"] * modules)


def test_codes_that_differ_in_a_character_are_not_mixed() -> None:
    """Nine tenths of the modules are the same."""
    rng = np.random.default_rng(6)
    texts = ["https://e.com/ticket/00041", "https://e.com/ticket/00042"]
    both = [symbol(text, 3, "L") for text in texts]
    assert (both[0] == both[1]).mean() > 0.85
    frames = [frame(seen(both[k % 2], 3.0, rng), 3, k) for k in range(40)]
    got = stages.accumulate(frames, 3)
    assert [s["frames"] for s in got["sums"]] == [20, 20]
    for of, text in zip(got["sums"], texts, strict=True):
        assert stages.decode_modules(floats(of["llr"]).copy())["data"] == text.encode()


@pytest.mark.parametrize(
    "change",
    [
        {"corners": SQUARE + 150 * RIGHT},
        {"corners": 2 * SQUARE},
        {"corners": np.roll(SQUARE, 2, 0) + 20 * RIGHT},
        {"inverted": True},
    ],
    ids=["elsewhere", "larger", "turned", "inverted"],
)
def test_what_lies_elsewhere_gets_a_sum_of_its_own(change: dict[str, Any]) -> None:
    llr = 4 * symbol("place")
    near = frame(llr, 2, 2, SQUARE + 5 * RIGHT)
    got = stages.accumulate([frame(llr, 2, 0), near, {**frame(llr, 2, 3), **change}], 2)
    assert [s["frames"] for s in got["sums"]] == [2, 1]
    assert got["sums"][0]["speed"] == pytest.approx((2.5, 0))


def test_a_frame_counts_once_and_old_sums_go() -> None:
    llr, last = 4 * symbol("once"), int(DEFAULTS["accumulate.most_absence"])
    got = stages.accumulate([frame(llr, 2, 5), frame(llr, 2, 5)], 2)
    assert got["statuses"] == [("ok", 0), ("ok", 0)]
    assert [s["frames"] for s in got["sums"]] == [1]
    assert np.array_equal(floats(got["sums"][0]["llr"]), llr)
    other = frame(4 * symbol("another"), 2, 6 + last)
    assert len(stages.accumulate([frame(llr, 2, 6), other], 2)["sums"]) == 2
    assert len(stages.accumulate([frame(llr, 2, 5), other], 2)["sums"]) == 1


def test_the_number_of_sums_is_bounded() -> None:
    llr, most = 4 * symbol("many"), int(DEFAULTS["accumulate.most_sums"])
    frames = [frame(llr, 2, k, SQUARE + 200 * k * RIGHT) for k in range(most + 3)]
    got = stages.accumulate(frames, 2)
    assert sorted(s["frame"] for s in got["sums"]) == list(range(3, most + 3))


# ---- confirm


def test_a_frame_of_the_same_code_confirms_and_one_of_another_does_not() -> None:
    rng = np.random.default_rng(8)
    for version, error in ((1, "L"), (2, "H"), (5, "Q"), (7, "M")):
        modules = symbol("SAME", version, error)
        confirmed = [stages.confirm(4 * modules, seen(modules, 4, rng), version)["status"] for _ in range(40)]
        assert confirmed.count("ok") > 36
        other = symbol("SALE", version, error)
        refused = [stages.confirm(4 * modules, seen(other, 4, rng), version)["status"] for _ in range(40)]
        assert refused.count("acceptance") == 40


def test_random_modules_confirm_as_seldom_as_the_bound_says() -> None:
    rng, modules = np.random.default_rng(9), 4 * symbol("BOUND", 2)
    least, n = 2.0, 3000
    bound = np.exp(-(least**2) / 2)  # Hoeffding
    noise = [rng.normal(0, 4, modules.shape).astype(np.float32) for _ in range(n)]
    passed = sum(
        stages.confirm(modules, llr, 2, tunables={"confirm.least_agreement": least})["status"] == "ok" for llr in noise
    )
    assert 0 < passed < bound * n
    assert all(stages.confirm(modules, llr, 2)["status"] == "acceptance" for llr in noise[:500])


def test_every_block_has_to_be_confirmed() -> None:
    """Of version 5-Q only one of the four blocks is another's."""
    first, second = symbol("A" * 60, 5, "Q"), symbol("A" * 59 + "B", 5, "Q")
    differ = (first != second).mean()
    assert 0 < differ < 0.2
    assert stages.confirm(4 * first, 4 * second, 5)["status"] == "acceptance"


def test_a_mirrored_code_is_confirmed() -> None:
    mirrored = np.ascontiguousarray(symbol("mirror", 3).T)
    assert stages.confirm(4 * mirrored, 4 * mirrored, 3)["status"] == "ok"


# ---- correct


def test_a_sum_is_accepted_by_the_rule_for_erasures() -> None:
    """Version 1-L mends two codewords, which random words need in 3 of 10^10 cases: too many after many attempts."""
    modules = 4 * symbol("RULE", 1, "L")
    damaged = modules.copy()
    damaged[9:11, 20] *= -1  # the first codeword
    damaged[9:11, 18] *= -1  # and another
    plain = stages.decode_modules(damaged)
    assert (plain["status"], plain["corrected"]) == ("ok", 2)
    for attempts, status in ((1, "ok"), (3, "ok"), (4, "acceptance"), (1000, "acceptance")):
        assert stages.decode_modules(damaged, attempts=attempts, always_doubt=True)["status"] == status
        assert stages.decode_modules(damaged, attempts=attempts)["status"] == "ok"
    assert stages.decode_modules(modules, attempts=1000, always_doubt=True)["status"] == "ok"
