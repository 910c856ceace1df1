"""Every command that a document shows is run, in the order of its page, and prints what the page says."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from fediverse_ai.cli import console
from fediverse_ai.cli.commands import app
from tests.docs import shown
from tests.docs.sandbox import Sandbox, tree
from tests.docs.stages import ELSEWHERE, STAGES, Stage, elsewhere
from tests.house.docs import ROOT
from tests.support.light_policy import light
from tests.support.server import Server

FIRST = "docs/tutorial/first-picture.md"
# What it posts is there for the pages after it.
PAGES = sorted((page for page in shown.pages() if shown.commands(page)), key=lambda page: page != FIRST)


def stage_of(page: str) -> Stage:
    return STAGES.get(page, Stage())


def judged(home: Path) -> dict[str, Any]:
    """The word lists as the only judge: these tests are about commands, and models take seconds to load."""
    return {f"moderation.{key}": value for key, value in light(home).items()}


@dataclass
class Desk:
    """A folder of a server under the name that the documents use, with ann, its owner, and bea."""

    server: Server
    sandbox: Sandbox
    runner: asyncio.Runner


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("docs")
    mask = os.umask(0o077)
    # Between its turns this loop stands still, so that the commands may run loops of their own.
    with asyncio.Runner() as runner:
        server = Server(home / "instance", settings={"jobs.poll_seconds": 0.3, **judged(home)})
        runner.run(server.furnish())
        host = server.origin.partition("://")[2]
        words = {"https://art.example": server.origin, "art.example": host}
        words |= {"http://127.0.0.1:8000": server.origin, "127.0.0.1:8000": host}
        sandbox = Sandbox(home, server.folder, words, server.env)
        for name, role in (("ann", "owner"), ("bea", "member")):
            assert sandbox.ours(["user", "create", name, "--role", role]).code == 0
        yield Desk(server, sandbox, runner)
        runner.run(server.close())
    os.umask(mask)


@pytest.fixture(scope="module")
def served(desk: Desk) -> Iterator[Desk]:
    """The same with a server that runs."""
    desk.runner.run(desk.server.start())
    yield desk
    desk.runner.run(desk.server.stop())


@pytest.fixture(autouse=True)
def _logs_stay() -> Iterator[None]:
    """The commands log to a test's own stderr, which is about to go."""
    root = logging.getLogger()
    logged, mask = (root.handlers[:], root.level), os.umask(0o077)
    yield
    root.handlers[:], root.level = logged
    structlog.reset_defaults()
    os.umask(mask)


@pytest.mark.parametrize("page", [page for page in PAGES if not stage_of(page).served])
def test_the_commands_of_a_page(page: str, desk: Desk, tmp_path: Path) -> None:
    follow(page, desk.sandbox, tmp_path)


@pytest.mark.live
@pytest.mark.parametrize("page", [page for page in PAGES if stage_of(page).served])
def test_the_commands_of_a_page_beside_a_server(page: str, served: Desk, tmp_path: Path) -> None:
    follow(page, served.sandbox, tmp_path)


def follow(page: str, sandbox: Sandbox, home: Path) -> None:
    """Do what a page says, from its top to its end."""
    stage = stage_of(page)
    if stage.empty:
        sandbox = Sandbox(home, home / "instance")
    here = Sandbox(home, sandbox.instance, dict(sandbox.words), sandbox.env)
    here.words |= stage.prepare(here)
    for command in shown.commands(page):
        if elsewhere(command.words) is None:
            done = here(command.words)
            assert done.code == command.exits, f"{command} ended with {done.code}:\n{done.printed}"
            lost = shown.fits(tuple(map(here.here, command.shown)), done.printed)
            assert lost is None, f"{command} did not print {lost!r} (there):\n{done.printed}"


def parsed(words: list[str]) -> None:
    """Take a command line apart as the program does, without doing anything. Raises for what it does not know."""
    command: Any = tree(app)
    rest = console.hoist(words)
    while rest and rest[0].partition("=")[0] in console.GLOBAL:
        rest = rest[1 if "=" in rest[0] else console.GLOBAL[rest[0]] :]
    while below := getattr(command, "commands", None):
        command, rest = below[rest[0]], rest[1:]
    command.make_context("fediverse-ai", rest)


@pytest.mark.parametrize("page", [page for page in PAGES if stage_of(page).served])
def test_the_program_knows_the_commands_of_a_page(page: str) -> None:
    """The quick half of those that want a server: the command is there, with these options and arguments."""
    known = [shlex.split(one.words.replace("ID", "1").replace("POST", "1").replace("APPEAL", "1"))
             for one in shown.commands(page)]  # fmt: skip
    ours = [words[1:] for words in known if Path(words[0]).name == "fediverse-ai"]
    assert ours
    for words in ours:
        parsed(words)
    with pytest.raises(Exception, match="No such option"):
        parsed([*ours[0], "--no-such-option"])


def test_what_runs_elsewhere_is_shown_somewhere() -> None:
    """An excuse that no page needs any more is taken back."""
    words = [command.words for page in PAGES for command in shown.commands(page)]
    assert [pattern for pattern in ELSEWHERE if not any(re.fullmatch(pattern, one) for one in words)] == []
    assert all(ELSEWHERE.values())
    assert set(STAGES) <= set(PAGES)


@pytest.mark.parametrize("page", shown.pages())
def test_commands_stand_in_blocks_that_are_run(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert re.findall(r"^ *```(?:sh|bash|shell|shell-session)$", text, re.MULTILINE) == []
    inside = None
    for line in text.splitlines():
        if line.strip().startswith("```"):
            inside = line.strip() if inside is None else None
        elif inside == "```":
            assert not re.match(r" *(\$ |fediverse-ai |sudo |make |docker |curl )", line), f"{line!r} is not run"


def test_the_harness_sees_what_is_wrong(desk: Desk) -> None:
    """A command that fails, prints something else, or is unknown: each is noticed."""
    run = desk.sandbox
    [command] = shown.commands("x", "```console\n$ fediverse-ai user list\nann@art.example  owner  …\n```\n")
    printed = run(command.words).printed
    assert shown.fits((run.here(command.shown[0]),), printed) is None
    assert shown.fits(("carl@…  owner  …",), printed) == "carl@…  owner  …"
    assert shown.fits(("…bea@…", "…ann@…"), printed) == "…ann@…", "the order counts"
    assert run("fediverse-ai user create ann").code == 1
    with pytest.raises(LookupError):
        run("rocket launch")
