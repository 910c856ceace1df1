"""The reference pages of docs/ that are made from the code: configuration, commands, API, limits, policy, errors."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

ROOT = Path(__file__).parents[2]
Schema = Mapping[str, Any]


def cell(words: str) -> str:
    """Words as they may stand in a table's cell."""
    return " ".join(words.split()).replace("|", "\\|")


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell(part) for part in line) + " |" for line in lines)


# --- configuration ---------------------------------------------------------------------------------------------------


def configuration() -> str:
    """Every key of every section, and then those of the tables that have names of their own."""
    from fediverse_ai.core.config import TABLES_OF, Backend, Config, Section

    config = Config()
    parts: list[str] = []
    for name in Config.model_fields:
        section = getattr(config, name)
        if not isinstance(section, Section):
            continue
        fields = type(section).model_fields
        below = [key for key in fields if isinstance(getattr(section, key), Section)]
        plain = {key: info for key, info in fields.items() if key not in below}
        parts += [f"## [{name}]", *_keys(name, plain, section)]
        for key in below:
            inner = getattr(section, key)
            parts += [f"## [{name}.{key}]", str(fields[key].description)]
            parts += _keys(f"{name}.{key}", type(inner).model_fields, inner)
        for table_name, kind, _ in TABLES_OF.get(name, ()):
            parts.append(f"## [{name}.{table_name}.NAME]")
            named = dict(kind.model_fields)
            if kind is not Backend and issubclass(kind, Backend):
                parts.append("All keys of a [backend](#generationbackendsname), of which these mean something else:")
                named = {key: info for key, info in named.items() if info != Backend.model_fields.get(key)}
            parts += _keys(f"{name}.{table_name}.NAME", named, None)
    return "\n\n".join(parts)


def _keys(section: str, fields: Mapping[str, Any], values: Any) -> Iterator[str]:
    """One key after the other; `values` has the defaults where they are not those of the fields."""
    for name, info in fields.items():
        bounds = [
            f"{words} {getattr(rule, attribute)}"
            for rule in info.metadata
            for attribute, words in (
                ("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "below"), ("max_length", "of a length up to")
            )
            if getattr(rule, attribute, None) is not None
        ]  # fmt: skip
        variable = "FEDIVERSE_AI__" + "__".join(part if part == "NAME" else part.upper() for part in section.split("."))
        required = info.is_required()
        given = getattr(values, name) if values is not None else info.get_default(call_default_factory=True)
        default = "" if required else _toml(given)
        facts = [
            " ".join([_type(info.annotation), *bounds]),
            "required" if required else f"default `{default}`",
            f"`{variable}__{name.upper()}`",
        ]
        secret = isinstance(info.json_schema_extra, dict) and "secret" in info.json_schema_extra
        yield f"### {section}.{name}"
        yield f"{info.description}{' It is never shown.' if secret else ''}"
        yield " · ".join(facts)


def _type(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in get_args(annotation))
    if origin is list:
        return f"list of {_type(get_args(annotation)[0])}s"
    if origin is dict:
        value = get_args(annotation)[1]
        return f"table of {_type(value)}s" if get_origin(value) is None and value in _TYPES else "table"
    if origin is Union or annotation not in _TYPES:
        return "table" if origin is None else " or ".join(_type(part) for part in get_args(annotation))
    return _TYPES[annotation]


_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, dict) else (
        "{ " + ", ".join(f"{key} = {json.dumps(one)}" for key, one in value.items()) + " }" if value else "{}"
    )  # fmt: skip


# --- commands --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def commands() -> dict[str, Any]:
    """Every command by its words, such as `user create`, with what typer knows of it."""
    import typer

    from fediverse_ai.cli.commands import app

    return dict(_commands(typer.main.get_command(app), ""))


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", {})
    for word, one in below.items():
        yield from _commands(one, f"{name} {word}".strip())
    if not below:
        yield name, command


def command_line() -> str:
    """Every command with its arguments and options."""
    parts: list[str] = []
    family = ""
    for name, command in commands().items():
        first = name.partition(" ")[0]
        if first != family:
            family = first
            parts.append(f"## {first}")
        parts += _command(name, command)
    return "\n\n".join(parts)


def _command(name: str, command: Any) -> Iterator[str]:
    if " " in name:
        yield f"### {name}"
    shown = [parameter for parameter in command.params if not parameter.hidden]
    words = [_usage(parameter) for parameter in shown if _is_argument(parameter)]
    options = [parameter for parameter in shown if not _is_argument(parameter)]
    usage = " ".join([f"fediverse-ai {name}", *words, *(["[OPTIONS]"] if options else [])])
    yield f"`{usage}`"
    yield from ("\n".join(paragraph.splitlines()) for paragraph in (command.help or "").split("\n\n"))
    rows = [(f"`{_names(parameter)}`", _help(parameter)) for parameter in shown]
    if rows:
        yield table(("word", "meaning"), rows)


def _is_argument(parameter: Any) -> bool:
    return not parameter.opts[0].startswith("-")


def _usage(parameter: Any) -> str:
    word = f"{parameter.name.upper()}{'...' if parameter.nargs == -1 else ''}"
    return word if parameter.required else f"[{word}]"


def _names(parameter: Any) -> str:
    if _is_argument(parameter):
        return str(parameter.name.upper())
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_flag or parameter.count:
        return names
    kind = parameter.type_descriptor.annotation
    return f"{names} {parameter.metavar or {int: 'N', float: 'N', Path: 'FILE'}.get(kind, 'WORD')}"


def _help(parameter: Any) -> str:
    words = parameter.help or ""
    default = parameter.default
    if parameter.required:
        return f"{words} Required." if not _is_argument(parameter) else words
    if default in (None, "", False, ()) or callable(default) or getattr(parameter, "is_flag", False):
        return words
    return f"{words} Default: `{default}`."


# --- the API for programs --------------------------------------------------------------------------------------------


def interface() -> str:
    """Every address for programs: scope, what it reads, what it answers; then the fields of what is answered."""
    from fediverse_ai.core.config import Config, ServerSection
    from fediverse_ai.openapi import document
    from fediverse_ai.wiring import ROUTES

    made = document(Config(server=ServerSection(development=True)), ROUTES)
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path, methods in sorted(made["paths"].items()):
        for method, told in methods.items():
            groups.setdefault(_family(path), []).append(
                (f"`{method.upper()} {path}`", f"`{told.get('x-scope', 'anyone')}`", _asked(told), _answered(told))
            )
    parts = []
    for name, rows in sorted(groups.items()):
        parts += [f"## {name}", table(("address", "needs", "reads", "answers"), rows)]
    parts.append("## Entities")
    for name, schema in sorted(made["components"]["schemas"].items()):
        fields = [(f"`{field}`", _kind(kind)) for field, kind in schema.get("properties", {}).items()]
        parts += [f"### {name}", table(("field", "type"), fields) if fields else "No fields."]
    return "\n\n".join(parts)


def _family(path: str) -> str:
    parts = [part for part in path.split("/") if part and part not in ("api", "v1", "v2")]
    if path.startswith("/api/"):
        return parts[0].partition(".")[0].replace("_", " ").capitalize()
    return {"oauth": "OAuth"}.get(parts[0], "ActivityPub")


def _asked(told: Schema) -> str:
    names = [one["name"] for one in told["parameters"] if one["in"] == "query"]
    for content in told.get("requestBody", {}).get("content", {}).values():
        names += [name for name in content["schema"]["properties"] if name not in names]
    return ", ".join(f"`{name}`" for name in names)


def _answered(told: Schema) -> str:
    content = told["responses"]["2XX"].get("content", {}).get("application/json")
    return _kind(content["schema"]) if content else ""


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(one)}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(kind)


# --- limits ----------------------------------------------------------------------------------------------------------

_ENDINGS = {
    "BYTES": "bytes",
    "SECONDS": "seconds",
    "PIXELS": "pixels",
    "CHARS": "characters",
    "DAYS": "days",
    "BITS": "bits",
}
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def bounds() -> str:
    """Every number of core/limits.py under the heading of its comment, and the rates."""
    from fediverse_ai.core import limits

    groups: list[tuple[str, list[tuple[str, ...]]]] = []
    source = (ROOT / "fediverse_ai" / "core" / "limits.py").read_text("utf-8").splitlines()
    for before, line in zip(["", *source], source, strict=False):
        if line.startswith("# ") and not before.startswith("# "):
            groups.append((_heading(line), []))
        elif line.startswith("class Rate:"):
            groups.append(("How often", []))
        elif found := re.match(r"([A-Z][A-Z0-9_]+): Final(?:\[\w+\])? = [^#]*(?:# (.*))?$", line):
            value = getattr(limits, found[1])
            if groups and found[1] not in ("KIB", "MIB"):
                groups[-1][1].append((f"`{found[1]}`", _told(found[1], value), found[2] or ""))
    return "\n\n".join(
        f"## {heading}\n\n{table(('limit', 'value', 'words'), rows)}" for heading, rows in groups if rows
    )


def _heading(comment: str) -> str:
    return comment.removeprefix("# ").partition(": ")[0].partition(", in ")[0].partition(" (")[0].rstrip(".")


def _told(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_told(name, one) for one in value)
    if not isinstance(value, int | float):
        return f"{value.count:,} in {_told('SECONDS', value.seconds)}"
    if name.endswith("BYTES") and value % 1024 == 0:
        return f"{value // 1024**2} MiB" if value % 1024**2 == 0 else f"{value // 1024} KiB"
    if "SECONDS" in name and value >= 60:
        for size, word in _UNITS:
            if value % size == 0:
                return f"{value // size:g} {word}{'s' if value != size else ''}"
    unit = next((words for ending, words in _ENDINGS.items() if name.endswith(ending)), "")
    return f"{value:,} {unit}".strip() if isinstance(value, int) else f"{value:g} {unit}".strip()


# --- the policy ------------------------------------------------------------------------------------------------------


def categories() -> str:
    """The rules of the shipped policy, with what each stage holds and refuses."""
    from generation.policy_file import shipped

    rows = []
    for name, rule in tomllib.loads(shipped())["categories"].items():
        everywhere = _threshold(rule.get("thresholds", {}))
        stages = [f"{stage}: {_threshold(one)}" for stage, one in rule.get("stages", {}).items()]
        rows.append((f"`{name}`", rule["title"], "; ".join(part for part in [everywhere, *stages] if part)))
    return table(("category", "title", "from which score"), rows)


def _threshold(one: Mapping[str, Any]) -> str:
    return ", ".join(f"{verb} {one[verb]}" for verb in ("hold", "refuse") if verb in one)


def shipped_policy() -> str:
    """The file that a new server begins with."""
    from generation.policy_file import shipped

    return f"```toml\n{shipped().rstrip()}\n```"


# --- errors ----------------------------------------------------------------------------------------------------------


def errors() -> str:
    """The classes of core/errors.py that are answered to requests, by status."""
    from fediverse_ai.core import errors as tree

    rows = [
        (f"`{kind.status}`", HTTPStatus(kind.status).phrase, f"`{name}`", (kind.__doc__ or "").partition("\n")[0])
        for name, kind in vars(tree).items()
        if isinstance(kind, type) and issubclass(kind, tree.RequestError) and kind is not tree.RequestError
    ]
    return table(("status", "phrase", "in the code", "words"), sorted(rows))


def oauth_errors() -> str:
    """The codes that OAuth's addresses answer, with the sentences that stand beside them."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "fediverse_ai" / "oauth").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("OAuthError", "refused"):
                words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                if words and re.fullmatch(r"[a-z_]+", words[0]):
                    found.setdefault(words[0], []).extend(words[1:2])
    rows = [(f"`{code}`", " ".join(dict.fromkeys(sentences))) for code, sentences in sorted(found.items())]
    return table(("`error`", "said"), rows)


def post_exits() -> str:
    """How `post`, `upscale` and `demo` end, by the state of what they posted."""
    from fediverse_ai.cli.watch import EXIT_CODES

    rows = [(f"`{code}`", state) for state, code in sorted(EXIT_CODES.items(), key=lambda one: one[1])]
    return table(("exit code", "state of the post"), [*rows, ("`1`", "every other, such as failed")])


# --- metrics, findings -----------------------------------------------------------------------------------------------


def measures() -> str:
    """Every family that /metrics answers with, by name."""
    from fediverse_ai import app
    from fediverse_ai.core import metrics

    assert app.create_app, "whoever counts something has declared it when the house is there"
    rows = []
    for family in sorted(metrics.FAMILIES, key=lambda one: one.name):
        labels = [
            f"`{name}`" + (f": {', '.join(sorted(map(str, values)))}" if values is not None else "")
            for name, values in family.labels.items()
        ]
        rows.append((f"`{family.name}`", family.kind, family.words, "; ".join(labels)))
    return table(("name", "kind", "what", "labels"), rows)


def findings() -> str:
    """What `doctor` may find, by the name that stays."""
    from fediverse_ai.doctor.findings import NAMES
    from fediverse_ai.web.owner.health import TITLES

    return table(("`name`", "about"), [(f"`{name}`", TITLES[name]) for name in NAMES])
