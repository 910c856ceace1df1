"""Bad input gets one clear line and an exit code, and changes nothing."""

from __future__ import annotations

import resource
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Inside, files

# What is typed, what the one line must say, the exit code.
TABLE = [
    (("quickstart", "--port", "{port}", "--prompt", ""), "say what the picture should show", 1),
    (("quickstart", "--port", "{port}", "--prompt", "   "), "say what the picture should show", 1),
    (("quickstart", "--port", "{port}", "--prompt", "x" * 10_000), "at most 2000 characters", 1),
    (("quickstart", "--port", "{port}", "--name", "no spaces"), "letters, digits and underscores", 1),
    (("quickstart", "--port", "{port}", "--name", "admin"), "reserved", 1),
    (("init",), "--public-url", 1),
    (("init", "--public-url", "http://pictures.example"), "https://", 1),
    (("init", "--public-url", "https://pictures.example/path"), "without a path", 1),
    (("serve",), "holds no server yet", 1),
    (("post", "a fox"), "holds no server yet", 1),
    (("user", "list"), "holds no server yet", 1),
    (("follow", "@a@b.example"), "holds no server yet", 1),
    (("db", "migrate"), "holds no server yet", 1),
    (("worker",), "holds no server yet", 1),
    (("generate", "a fox", "--out", "{folder}.png"), "must end in .jpg", 1),
    (("generate", "a fox", "--out", "/nowhere/fox.jpg"), "does not exist", 1),
    (("generate", "", "--out", "{folder}.jpg"), "say what the picture should show", 1),
    (("generate", "a fox", "--out", "{folder}.jpg", "--size", "big"), "1024x1024", 1),
    (("generate", "a fox", "--out", "{folder}.jpg", "--size", "9000x9000"), "2048 pixels", 1),
]


@pytest.mark.parametrize(("words", "sentence", "code"), TABLE, ids=lambda value: str(value)[:40])
def test_one_line_and_nothing_changed(
    inside: Inside, port: int, words: tuple[str, ...], sentence: str, code: int
) -> None:
    done = inside(*(word.format(port=port, folder=inside.folder) for word in words))
    assert done.code == code
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1, done.err
    assert list(inside.folder.parent.iterdir()) == []


@pytest.mark.parametrize("words", [("quickstart", "--port", "{port}"), ("init", "--development")])
def test_unknown_key_of_the_environment(
    inside: Inside, port: int, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDIVERSE_AI__SERVER__COLOUR", "red")
    done = inside(*(word.format(port=port) for word in words))
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "server.colour: is not a known key (from environment)" in done.err
    assert not inside.folder.exists()


@pytest.mark.parametrize("words", [("quickstart",), ("serve",), ("config", "check"), ("post", "a fox"), ("doctor",)])
def test_unknown_key_of_the_file(inside: Inside, words: tuple[str, ...]) -> None:
    inside.folder.mkdir()
    (inside.folder / "config.toml").write_text("[server]\ncolour = 'red'\n")
    before = files(inside.folder)
    done = inside(*words)
    assert done.code == (2 if words == ("doctor",) else 1)
    assert "server.colour: is not a known key" in done.err + done.out
    assert "config.toml" in done.err + done.out
    assert files(inside.folder) == before


def test_taken_port(inside: Inside) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = inside("quickstart", "--port", str(taken.getsockname()[1]))
    assert done.code == 1
    assert "cannot be used" in done.err
    assert "--port" in done.err
    assert len(done.err.splitlines()) == 1
    assert not inside.folder.exists()


def test_port_out_of_range(inside: Inside) -> None:
    done = inside("quickstart", "--port", "99999")
    assert done.code == 2
    assert not inside.folder.exists()


def test_folder_that_is_a_file(inside: Inside, port: int) -> None:
    inside.folder.write_text("mine")
    done = inside("quickstart", "--port", str(port))
    assert done.code == 1
    assert "is not a folder" in done.err
    assert inside.folder.read_text() == "mine"


def test_unwritable_folder(inside: Inside, port: int) -> None:
    # Bits of permission do not stop root; a folder in which nobody can create files does.
    inside.folder = Path("/proc/self/instance")
    done = inside("quickstart", "--port", str(port))
    assert done.code == 1
    assert "Nothing can be written" in done.err
    assert len(done.err.splitlines()) == 1


def test_unknown_words_are_refused(inside: Inside) -> None:
    assert inside("paint").code == 2
    assert inside("post", "--colour", "red").code == 2


def test_help_is_quick(cli: Cli) -> None:
    used = []
    for _ in range(3):  # the first one compiles
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert "quickstart" in cli("--help").out
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The processor's time, not the clock's: the machine may be busy, the imports are always the same.
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(used) < 0.7, used
