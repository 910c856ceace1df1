"""What the verbs at the command line refuse; what they do is shown by docs/howto/people.md, which is run."""

from __future__ import annotations

from tests.cli.conftest import Inside, cli, inside, port
from tests.cli.test_commands import settled

__all__ = ["cli", "inside", "port", "settled"]


def test_what_is_refused_and_what_a_dry_run_leaves_alone(settled: Inside) -> None:
    assert settled("--json", "user", "signups").facts == {"mode": "closed", "members_invite": False, "question": ""}
    made = settled("--json", "user", "invite").facts
    assert made["closed"] is True
    assert settled("user", "revoke-invite", str(made["id"])).code == 0
    for words in (
        ("user", "signups", "open"),
        ("user", "revoke-invite", str(made["id"])),
        ("user", "approve", "nobody"),
        ("user", "role", "ann", "member"),
        ("user", "role", "bea", "emperor"),
        ("announcement", "write", "x", "--starts", "2030-01-02", "--ends", "2030-01-01"),
    ):
        done = settled(*words)
        assert (done.code, done.err.count("\n")) == (1, 1), words
    assert settled("user", "suspend", "bea", "--reason", "spam", "--dry-run").code == 0
    assert settled("user", "restore", "bea", "--reason", "x").code == 1, "a dry run suspends nobody"
