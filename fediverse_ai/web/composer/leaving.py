"""“What leaves this server”, in words, from what the publishing code would send."""

from __future__ import annotations

from typing import Any

from fediverse_ai.core.texts import _, ngettext
from generation.manifests import Statement
from generation.provenance import ALGORITHMIC, NO_TRAINING, Provenance
from outbox.leaving import File, Leaving
from outbox.models import Visibility


def words(leaving: Leaving, visibility: str) -> dict[str, Any]:
    """{label, hashtags, files: [{alt, recipe: [(name, value)], says: [sentence]}], receivers: [sentence], left_out}."""
    return {
        "label": leaving.label,
        "warning": leaving.note.get("summary"),
        "hashtags": [f"#{name}" for name in leaving.hashtags],
        "files": [_file(one) for one in leaving.files],
        "receivers": _receivers(leaving, visibility),
        "left_out": sorted(leaving.left_out),
    }


def _file(one: File) -> dict[str, Any]:
    names = {
        "model": _("Model"), "modelVersion": _("Its version"), "prompt": _("Prompt"), "negativePrompt": _("Left out"),
        "seed": _("Seed"), "steps": _("Steps"), "guidance": _("Guidance"), "style": _("Style"),
    }  # fmt: skip
    return {
        "alt": one.alt,
        "recipe": [(names.get(name, name), str(value)) for name, value in one.recipe.items()],
        "says": [*_mark(one.mark), *_statement(one.statement)],
    }


def _mark(mark: Provenance) -> list[str]:
    """The file's XMP as sentences."""
    said: list[str] = []
    if mark.digital_source_type == ALGORITHMIC:
        said.append(_("It says that a program made it, by rules and not by learning."))
    elif mark.digital_source_type:
        said.append(_("It says that AI made it."))
    if mark.system:
        system = f"{mark.system} {mark.system_version}".strip()
        said.append(_("It names what made it: %(system)s.") % {"system": system})
    if mark.prompt:
        said.append(_("It holds the prompt and settings, as above."))
    if mark.rights:
        said.append(_("It says whose it is and where it was posted: %(rights)s.") % {"rights": mark.rights})
    if mark.data_mining == NO_TRAINING:
        said.append(_("It asks not to be used for training."))
    return said


def _statement(statement: Statement) -> list[str]:
    """The signed manifest (C2PA) as sentences."""
    said = [_("This server signs all of that into the file (C2PA), so that it can be checked.")]
    if statement.parents or statement.archive:
        said.append(_("The signature also covers what it was made from."))
    return said


def _receivers(leaving: Leaving, visibility: str) -> list[str]:
    here = ngettext("%(num)d follower on this server", "%(num)d followers on this server", leaving.here)
    there = ngettext("%(num)d other server is sent it", "%(num)d other servers are sent it", leaving.servers)
    said = [here % {"num": leaving.here}, there % {"num": leaving.servers}]
    if visibility == Visibility.PUBLIC:
        said.append(_("everybody on this server’s pages, and public timelines wherever it is sent"))
    elif visibility == Visibility.QUIET:
        said.append(_("everybody who comes to your page"))
    return said
