"""Rates hold at n-1, n and n+1, per key, and the table of keys is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_ai.core.clock import FrozenClock
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.limits import Rate, RateLimiter


@pytest.mark.parametrize("count", [1, 2, 10, 300])
def test_exactly_count_at_once(count: int) -> None:
    limiter = RateLimiter(FrozenClock())
    for _ in range(count):
        limiter.check("a", Rate(count, 60.0))
    with pytest.raises(TooMany) as refused:
        limiter.check("a", Rate(count, 60.0))
    assert refused.value.status == 429
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 61
    limiter.check("b", Rate(count, 60.0))


def test_refills_evenly_and_refusals_cost_nothing() -> None:
    clock = FrozenClock()
    limiter = RateLimiter(clock)
    rate = Rate(10, 100.0)
    for _ in range(10):
        limiter.check("a", rate)
    for _ in range(50):
        assert limiter.wait("a", rate) == pytest.approx(10.0)
    clock.advance(9.9)
    assert limiter.wait("a", rate) > 0
    clock.advance(0.1)
    assert limiter.wait("a", rate) == 0.0
    assert limiter.wait("a", rate) > 0
    clock.advance(1000)
    assert [limiter.wait("a", rate) for _ in range(11)].count(0.0) == 10


def test_a_key_can_be_forgotten_and_cost_counts() -> None:
    limiter = RateLimiter(FrozenClock())
    rate = Rate(5, 50.0)
    assert limiter.wait("a", rate, cost=5) == 0.0
    assert limiter.wait("a", rate) > 0
    limiter.forget("a")
    assert limiter.wait("a", rate, cost=6) > 0
    assert limiter.wait("a", rate, cost=5) == 0.0


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_the_table_is_bounded(extra: int) -> None:
    limiter = RateLimiter(FrozenClock(), keys=100)
    for number in range(100 + extra):
        limiter.check(f"k{number}", Rate(1, 60.0))
    assert len(limiter._free_at) == min(100, 100 + extra)
    remembered = limiter.wait("k0", Rate(1, 60.0)) > 0
    assert remembered is (extra <= 0)


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 10))
def test_never_more_than_the_rate_over_any_time(pauses: list[float], count: int) -> None:
    clock, rate = FrozenClock(), Rate(count, 20.0)
    limiter = RateLimiter(clock)
    passed: list[float] = []
    for pause in pauses:
        clock.advance(pause)
        if limiter.wait("a", rate) == 0.0:
            passed.append(clock.monotonic())
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            allowed = count + (passed[last] - passed[first]) * count / rate.seconds
            assert last - first + 1 <= allowed + 1e-6
