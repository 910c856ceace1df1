"""Lists of domain rules as CSV in Mastodon's format: read, planned against what holds here, applied, written."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import rules
from actors.models import DomainRule, Severity
from actors.rules import Impact, Wanted
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import RequestError, TooLarge
from fediverse_ai.core.texts import _

COLUMNS = ("domain", "severity", "reject_media", "reject_reports", "public_comment", "obfuscate")
# Mastodon's words (its DomainBlock.severity) and ours.
_THEIRS = {Severity.NONE: "noop", Severity.LIMIT: "silence", Severity.SUSPEND: "suspend"}
_OURS = {word: severity for severity, word in _THEIRS.items()} | {severity.value: severity for severity in Severity}
_WEIGHT = {Severity.NONE: 0, Severity.LIMIT: 1, Severity.SUSPEND: 2}


@dataclass(slots=True)
class Read:
    """The lines of a list: rules, and `problems` as (line number, sentence) for lines that are none."""

    wanted: list[Wanted] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """What a list would do about one host: `add` a rule, make one `stricter`, `keep` ours as it is, or ask first.

    `guarded`: the rule would cut more follows than PROTECTED_FOLLOWS, so it needs to be wanted by name.
    """

    action: Literal["add", "stricter", "keep", "guarded"]
    wanted: Wanted
    impact: Impact


def read(text: str, own: Collection[str]) -> Read:
    """The rules of a list. Raises TooLarge.

    With a heading the columns may come in any order, with or without `#`; without one the first column is a host that
    is to be suspended, as in Mastodon's older lists. The last line about a host counts.
    """
    if len(text) > limits.BLOCKLIST_CHARS:
        raise TooLarge(_("A list may have %(most)d characters.") % {"most": limits.BLOCKLIST_CHARS})
    found = Read()
    by_host: dict[str, Wanted] = {}
    for number, row in _rows(text):
        if number > limits.BLOCKLIST_LINES:
            raise TooLarge(_("A list may have %(most)d lines.") % {"most": limits.BLOCKLIST_LINES})
        try:
            wanted = rules.check(_wanted(row), own)
        except RequestError as error:
            found.problems.append((number, error.public))
            continue
        by_host[wanted.host] = wanted
    found.wanted = list(by_host.values())
    return found


def _rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, column -> value) of each line that says something."""
    columns: Sequence[str] = COLUMNS
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    for row in reader:
        names = [value.strip().removeprefix("#").lower() for value in row]
        if reader.line_num == 1 and "domain" in names:
            columns = names
        elif any(value.strip() for value in row):
            yield reader.line_num, {name: value.strip() for name, value in zip(columns, row, strict=False)}


def _wanted(row: dict[str, str]) -> Wanted:
    word = row.get("severity", "").lower() or Severity.SUSPEND.value
    return Wanted(
        host=row.get("domain", ""),
        # An unknown word goes on to `check`, which refuses it: nobody shall believe that it was understood.
        severity=_OURS.get(word, word),
        reject_media=_true(row.get("reject_media")),
        reject_reports=_true(row.get("reject_reports")),
        public_comment=row.get("public_comment", "")[: limits.NAME_CHARS],
        obfuscate=_true(row.get("obfuscate")),
    )


def _true(value: str | None) -> bool:
    return (value or "").lower() in ("true", "t", "1", "yes")


async def plan(session: AsyncSession, wanted: Sequence[Wanted], named: Sequence[str] = ()) -> list[Step]:
    """What these rules would do here. Rules of ours are made stricter, never weaker, and none is taken away (FED-10).

    `named` are hosts that somebody confirmed: their rules cut however many follows there are.
    """
    ours = {rule.host: rule for rule in await rules.rules(session)}
    merged = [_merged(one, ours.get(one.host)) for one in wanted]
    new = [one for one in merged if _changes(one, ours.get(one.host))]
    impacts = await rules.preview(session, {one.host: rules.ruling_of(one) for one in new})
    steps: list[Step] = []
    for one in merged:
        impact = impacts.get(one.host, Impact())
        if one.host not in impacts:
            steps.append(Step("keep", one, impact))
        elif impact.follows + impact.followers > limits.PROTECTED_FOLLOWS and one.host not in named:
            steps.append(Step("guarded", one, impact))
        else:
            steps.append(Step("stricter" if one.host in ours else "add", one, impact))
    return steps


def _merged(wanted: Wanted, ours: DomainRule | None) -> Wanted:
    if ours is None:
        return wanted
    return replace(
        wanted,
        severity=max(wanted.severity, ours.severity, key=lambda word: _WEIGHT[Severity(word)]),
        reject_media=wanted.reject_media or ours.reject_media,
        reject_reports=wanted.reject_reports or ours.reject_reports,
        reason=ours.reason,
        public_comment=ours.public_comment or wanted.public_comment,
        obfuscate=wanted.obfuscate or ours.obfuscate,
    )


def _changes(wanted: Wanted, ours: DomainRule | None) -> bool:
    return ours is None or (wanted.severity, wanted.reject_media, wanted.reject_reports) != (
        ours.severity,
        ours.reject_media,
        ours.reject_reports,
    )


async def apply(
    context: Context, steps: Sequence[Step], *, by_id: int | None = None, reason: str = "from a list"
) -> rules.Effect:
    """Set what `plan` would add or make stricter, all at once."""
    async with context.database.write() as session:
        for step in steps:
            if step.action in ("add", "stricter"):
                await rules.record(session, replace(step.wanted, reason=step.wanted.reason or reason), by_id=by_id)
    return await rules.renew(context)


async def write(session: AsyncSession) -> str:
    """Every rule that holds, as Mastodon exports and imports them; our own reasons stay here."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(f"#{name}" for name in COLUMNS)
    for rule in await rules.rules(session):
        flags = [str(value).lower() for value in (rule.reject_media, rule.reject_reports)]
        obfuscate = str(rule.obfuscate).lower()
        writer.writerow([rule.host, _THEIRS[Severity(rule.severity)], *flags, rule.public_comment, obfuscate])
    return out.getvalue()
