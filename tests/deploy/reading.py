"""The files of deploy/ as the tests use them: optional lines taken in, names and addresses changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.support.processes import ROOT

DEPLOY = ROOT / "deploy"


def text_of(name: str, changes: Mapping[str, str] | None = None, *, optional: bool = False) -> str:
    """A file of deploy/. With `optional` its lines that begin with `#:` count too; `changes` must all be found."""
    text = (DEPLOY / name).read_text("utf-8")
    if optional:
        text = re.sub(r"^#:( |$)", "", text, flags=re.MULTILINE)
    for old, new in (changes or {}).items():
        assert old in text, (name, old)
        text = text.replace(old, new)
    return text


def nginx_conf(body: str) -> str:
    """A whole nginx.conf around what goes inside of http { }."""
    return f"worker_processes auto;\nevents {{}}\nhttp {{\n{body}\n}}\n"
