"""The running policy follows its file; a wrong, a half-written and a vanished file leave the one before, loudly."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.limits import POLICY_SETTLE_SECONDS
from generation.policy import parse_policy
from generation.policy_file import PolicyFile, path_of, shipped, write
from tests.support.gate import law
from tests.support.house import MovableClock


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


def seen(source: PolicyFile, clock: MovableClock) -> str:
    """The declared version of what runs, once a change had time to rest."""
    source.current()
    clock.forward(POLICY_SETTLE_SECONDS)
    return source.current().version.partition("+")[0]


def test_a_change_is_taken_up_after_it_rested(tmp_path: Path, clock: MovableClock) -> None:
    path = tmp_path / "policy.toml"
    write(path, law("mild"))
    source = PolicyFile(path, clock)
    write(path, law("strict"))
    assert source.current().version.startswith("mild")
    clock.forward(POLICY_SETTLE_SECONDS - 0.5)
    assert source.current().version.startswith("mild")
    write(path, law("lax"))
    assert source.current().version.startswith("mild"), "a new change rests anew"
    clock.forward(POLICY_SETTLE_SECONDS)
    with capture_logs() as logs:
        assert source.current().version.startswith("lax")
    assert [(line["event"], line["log_level"]) for line in logs] == [("policy changed", "warning")]
    assert (path.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("broken", ["version = [", law("mild").replace("hold = 0.5", "hold = 5"), ""])
def test_a_broken_file_is_told_once_and_not_taken(tmp_path: Path, clock: MovableClock, broken: str) -> None:
    path = tmp_path / "policy.toml"
    write(path, law("mild"))
    source = PolicyFile(path, clock)
    write(path, broken)
    with capture_logs() as logs:
        assert seen(source, clock) == "mild"
        assert seen(source, clock) == "mild"
    assert [line["log_level"] for line in logs] == ["error"]
    assert source.problem is not None
    assert "mild" in source.problem
    write(path, law("strict"))
    assert seen(source, clock) == "strict"
    assert source.problem is None


def test_a_file_that_vanishes_leaves_the_policy(tmp_path: Path, clock: MovableClock) -> None:
    path = tmp_path / "policy.toml"
    write(path, law("mild"))
    source = PolicyFile(path, clock)
    path.unlink()
    assert seen(source, clock) == "mild"
    assert source.problem is not None


def test_at_the_start_the_last_good_policy_stands_in_for_a_broken_file(tmp_path: Path, clock: MovableClock) -> None:
    path = tmp_path / "policy.toml"
    write(path, "version = [")
    with pytest.raises(Misconfigured):
        PolicyFile(path, clock)
    source = PolicyFile(path, clock, parse_policy(law("mild").encode(), "kept"))
    assert source.current().version.startswith("mild")
    assert source.problem is not None


def test_before_there_is_a_file_the_shipped_policy_runs(tmp_path: Path, clock: MovableClock) -> None:
    source = PolicyFile(tmp_path / "policy.toml", clock)
    assert source.current().text == shipped()
    write(tmp_path / "policy.toml", law("mild"))
    assert seen(source, clock) == "mild"
    with pytest.raises(Misconfigured):
        PolicyFile(tmp_path / "named.toml", clock, must_exist=True)


def test_where_it_lies(tmp_path: Path) -> None:
    assert path_of(Config(data_dir=tmp_path)) == tmp_path / "policy.toml"
    named = Config(data_dir=tmp_path, moderation={"policy_file": "/etc/policy.toml"})
    assert path_of(named) == Path("/etc/policy.toml")
