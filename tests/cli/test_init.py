"""`init` onto a domain: all is written, the owner is made, what goes in front is printed; mistakes leave nothing."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import time
import tomllib
from datetime import UTC, datetime

import pytest

from fediverse_ai.cli import checks
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.errors import Misconfigured
from tests.cli.conftest import COMMAND, Cli, Inside
from tests.support.processes import ROOT

PASSWORD = "a lamp in every window"


def test_everything_for_a_domain_and_another_for_handles(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    made = inside(
        "--json", "init", "--domain", "Art.Ann.Example", "--account-domain", "ann.example", "--admin", "ann",
        "--port", "8123", "--name", "Ann's pictures", "--contact", "mail@ann.example",
        "--password-file", "-", stdin=f"{PASSWORD}\n",
    )  # fmt: skip
    assert made.code == 0, made
    assert made.facts["public_url"] == "https://art.ann.example"
    assert made.facts["admin"] == "ann@ann.example"
    assert made.facts["link"] is None
    assert PASSWORD not in made.out
    assert tomllib.loads((inside.folder / "config.toml").read_text()) == {
        "server": {
            "host": "127.0.0.1", "port": 8123, "public_url": "https://art.ann.example", "development": False,
            "account_domain": "ann.example", "trusted_proxies": ["127.0.0.1", "::1"],
            "name": "Ann's pictures", "contact": "mail@ann.example",
        }
    }  # fmt: skip
    # The keys, and the chain that will sign pictures, are there before the first start, and nobody else's to read.
    for name in ("secret.key", "provenance/root-key.pem", "provenance/chain.pem", "provenance/key.pem"):
        assert stat.S_IMODE((inside.folder / name).stat().st_mode) == 0o600, name

    front = made.facts["front"]
    assert set(front) == {"caddy", "nginx", "systemd", "accounts-caddy", "accounts-nginx"}
    assert "art.ann.example {\n" in front["caddy"]
    assert "reverse_proxy 127.0.0.1:8123\n" in front["caddy"]
    assert "redir @fediverse https://art.ann.example{uri} 301" in front["accounts-caddy"]
    assert "return 301 https://art.ann.example$request_uri;" in front["accounts-nginx"]
    assert f"--data {inside.folder.resolve()} serve\n" in front["systemd"]
    assert f"ReadWritePaths={inside.folder.resolve()}\n" in front["systemd"]
    for what, text in front.items():
        assert "art.example" not in text, what
        assert inside("front", what).out == text
    assert "DNS: let art.ann.example lead" in inside("front").out

    [person] = inside("--json", "user", "list").facts
    assert (person["handle"], person["role"]) == ("ann@ann.example", "owner")
    again = inside("init", "--domain", "art.ann.example")
    assert (again.code, "nothing was changed" in again.err) == (1, True)

    # What is in ids and handles stays, whatever a command is told.
    for words, key, value in (
        (("serve", "--port", "8124"), "PUBLIC_URL", "https://other.example"),
        (("serve", "--port", "8124"), "ACCOUNT_DOMAIN", "other.example"),
        (("user", "create", "bea"), "PUBLIC_URL", "https://other.example"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(f"FEDIVERSE_AI__SERVER__{key}", value)
            refused = inside(*words)
        assert (refused.code, len(refused.err.splitlines())) == (1, 1), refused
        assert "cannot move" in refused.err
    started = inside("serve", "--port", "8124")
    assert (started.code, "a name for examples that nobody can reach" in started.err) == (1, True)


def test_a_password_that_is_too_short_leaves_nothing(inside: Inside) -> None:
    short = inside("init", "--domain", "art.example", "--admin", "ann", "--password-file", "-", stdin="short\n")
    assert (short.code, "10 to 256" in short.err, inside.folder.exists()) == (1, True, False)


@pytest.mark.live
def test_a_password_is_asked_for_twice_on_a_terminal(cli: Cli) -> None:
    """A real terminal: nothing typed is shown, and two different words are asked for again."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--data", str(cli.folder), "init", "--domain", "art.example", "--admin", "ann"],
        stdin=follower, stdout=follower, stderr=follower, cwd=ROOT, env=cli.environment(),
        start_new_session=True, preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
    )  # fmt: skip
    os.close(follower)
    shown = ""
    try:
        for prompt, typed in (
            ("sign", PASSWORD), ("Once more", "another word"), ("sign", PASSWORD), ("Once more", PASSWORD),
        ):  # fmt: skip
            shown += _until(leader, prompt)
            time.sleep(0.05)  # the terminal's echo is switched off after the words are written
            os.write(leader, f"{typed}\n".encode())
        shown += _until(leader, "is the owner")
        assert process.wait(30) == 0, shown
    finally:
        process.kill()
        process.wait()
        os.close(leader)
    assert PASSWORD not in shown
    assert "do not match" in shown


def _until(terminal: int, words: str, seconds: float = 30.0) -> str:
    """What the terminal shows, up to and with these words at its end."""
    shown, end = "", time.monotonic() + seconds
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, shown
        shown += os.read(terminal, 4096).decode()
    return shown


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--domain", "two words"), "not a name like art.example"),
        (("--domain", "https://art.example"), "not a name like art.example"),
        (("--domain", "a.example", "--public-url", "https://a.example"), "give one of them"),
        (("--domain", "a.example", "--account-domain", "@b"), "server.account_domain: must be a name"),
        (("--domain", "a.example", "--admin", "root"), "reserved"),
        (("--domain", "a.example", "--password-file", "-"), "--admin NAME"),
    ],
)
def test_mistakes_leave_nothing(inside: Inside, words: tuple[str, ...], sentence: str) -> None:
    done = inside("init", *words)
    assert (done.code, len(done.err.splitlines())) == (1, 1), done
    assert sentence in done.err
    assert not inside.folder.exists()


class Stopped(SystemClock):
    """A clock that stands still."""

    def __init__(self, year: int, month: int) -> None:
        self._now = datetime(year, month, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now


def test_an_absurd_clock_is_refused() -> None:
    for year, month in ((1970, 1), (2026, 10), (2057, 1)):
        with pytest.raises(Misconfigured, match="which cannot be"):
            checks.clock(Stopped(year, month))
    for year, month in ((2026, 11), (2056, 11)):
        checks.clock(Stopped(year, month))
