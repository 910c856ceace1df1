"""Where the commands of the documents run: a folder of their own, with a server in it where a page needs one."""

from __future__ import annotations

import contextvars
import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import httpx2 as httpx
import pytest
import typer.main

from fediverse_ai.cli import commands as table
from tests.support.processes import ROOT

# What these do needs no thought: they run in a shell, in the sandbox.
SHELL = frozenset({"mkdir", "cp", "cat", "ls", "printf", "echo", "mv", "rm", "chmod", "head", "ln"})
PLACES = ("/var/lib/fediverse-ai", "/srv/fediverse-ai")
"""The folders of a server in the documents; here they lie in the sandbox."""

# A process builds the tree of commands once; here it is used again and again.
tree = cache(typer.main.get_command)


@dataclass
class Done:
    """A command that ended; `printed` is both of its streams."""

    code: int
    printed: str


@dataclass
class Sandbox:
    """`words` are what the documents say and what it is here, such as art.example and 127.0.0.1:8123."""

    home: Path
    instance: Path
    words: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, command: str) -> Done:
        """Run one line. Raises LookupError for a program that the sandbox does not know."""
        command = self.here(command)
        # What would go into a file of the system is printed here.
        command = re.sub(r" \| sudo tee \S+$", "", command)
        words = shlex.split(command, comments=True)
        while words and "=" in words[0] and words[0].partition("=")[0].isupper():
            words = words[1:]
        if words[:2] == ["sudo", "-u"]:
            words = words[3:]
        name = Path(words[0]).name
        if "|" in words or ">" in words or name in SHELL:
            return self._shell(command)
        if name == "fediverse-ai":
            return self.ours(words[1:])
        if name == "curl":
            return self._asked(words[1:])
        raise LookupError(command)

    def here(self, text: str) -> str:
        """A text of the documents with the names and places of this sandbox."""
        for place in PLACES:
            text = text.replace(place, str(self.instance))
        for said, meant in self.words.items():
            text = text.replace(said, meant)
        return text

    def ours(self, words: list[str]) -> Done:
        """Our own command, in this process."""
        if not any(word == "--data" or word.startswith("--data=") for word in words):
            words = ["--data", str(self.instance), *words]
        out = io.StringIO()
        before = Path.cwd()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(out):
            for key in [key for key in os.environ if key.startswith("FEDIVERSE_AI__")]:
                patch.delenv(key)
            for key, value in {**self.env, "COLUMNS": "200"}.items():
                patch.setenv(key, value)
            patch.setattr("sys.stdin", io.StringIO(""))
            patch.setattr("typer.main.get_command", tree)
            os.chdir(self.home)
            try:
                code = contextvars.copy_context().run(table.run, words)
            finally:
                os.chdir(before)
        return Done(code, out.getvalue())

    def _asked(self, words: list[str]) -> Done:
        """curl, as far as the documents use it: -s, -i, -f, -H, an address."""
        headers = {}
        address = ""
        rest = iter(words)
        for word in rest:
            if word in ("-H", "--header"):
                name, _, value = next(rest).partition(":")
                headers[name] = value.strip()
            elif not word.startswith("-"):
                address = word if "://" in word else f"http://{word}"
        answer = httpx.get(address, headers=headers)
        told = answer.text
        if {"-i", "-si"} & set(words):
            first = f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\n"
            told = first + "".join(f"{name}: {value}\n" for name, value in answer.headers.items()) + "\n" + told
        return Done(int(answer.is_error), told)

    def _shell(self, command: str) -> Done:
        """Pipes, files and the little programs, with our command as the shell finds it."""
        line = command.replace("fediverse-ai ", f"{sys.executable} -m fediverse_ai.cli --data {self.instance} ")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line], cwd=self.home, capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL, env={**os.environ, **self.env, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return Done(done.returncode, done.stdout + done.stderr)
