"""`doctor`: look at everything a server stands on, and say what to do about each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config
    from fediverse_ai.doctor.findings import Finding

CANNOT_LOOK = 2


def doctor() -> None:
    """Look at files, database, work, disk, backups, and at the way from the world to here.

    Exit code 0 when nothing is wrong, 1 when there is a problem, 2 when nothing could be looked at.
    """
    code = console.wait_for(_doctor())
    raise typer.Exit(code)


async def _doctor() -> int:
    from fediverse_ai.core.errors import FediverseError
    from fediverse_ai.doctor import examine
    from fediverse_ai.doctor.findings import worst

    try:
        folder.check_packages()
        config = console.existing_config()
        _ = config.public_url
    except FediverseError as error:
        _tell([examine.cannot(error)], "")
        return CANNOT_LOOK
    findings = await _examine(config)
    _tell(findings, config.public_url)
    return int(worst(findings) == "problem")


async def _examine(config: Config) -> list[Finding]:
    from sqlalchemy.exc import SQLAlchemyError

    from fediverse_ai.core import log
    from fediverse_ai.core.clock import SystemClock
    from fediverse_ai.core.errors import FediverseError
    from fediverse_ai.doctor import examine
    from fediverse_ai.doctor.findings import problem
    from fediverse_ai.wiring import close_context, open_context

    log.configure(console.quiet(config).log)
    findings: list[Finding] = []
    try:
        findings += examine.before(config, SystemClock())
        if examine.may_open(findings):
            context = await open_context(config, engine=False)
            try:
                findings += await examine.within(context)
            finally:
                await close_context(context)
    except (FediverseError, SQLAlchemyError, OSError) as error:
        findings.append(problem("start", str(error), "The server cannot start like this: mend it first."))
    return examine.merged(findings)


def _tell(findings: list[Finding], url: str) -> None:
    if console.chosen.get().json:
        import json

        from fediverse_ai.core.clock import SystemClock
        from fediverse_ai.doctor.findings import report

        print(json.dumps(report(findings, url, SystemClock()), ensure_ascii=False))
        return
    from rich.text import Text

    marks = {"ok": ("ok     ", "green"), "advice": ("advice ", "yellow"), "problem": ("PROBLEM", "bold red")}
    terminal = console.terminal()
    for finding in findings:
        mark, style = marks[finding.level]
        terminal.print(Text.assemble((mark, style), f"  {finding.name}: {finding.words}"))
        if finding.cure:
            terminal.print(f"         → {finding.cure}")
