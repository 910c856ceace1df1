"""`front`: what stands before a server and runs it (Caddy, nginx, systemd, another domain), with this one's names."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config

STATE = "/var/lib/fediverse-ai"
PROGRAM = "/opt/fediverse-ai/bin/fediverse-ai"
HOMES = ("/home/", "/root/", "/run/user/")
UPSTREAM = "{$FEDIVERSE_AI_UPSTREAM:127.0.0.1:8000}"
HINT = "prints this"


class What(StrEnum):
    """One file of deploy/."""

    CADDY = "caddy"
    NGINX = "nginx"
    SYSTEMD = "systemd"
    ACCOUNTS_CADDY = "accounts-caddy"
    ACCOUNTS_NGINX = "accounts-nginx"


FILES = {
    What.CADDY: "Caddyfile",
    What.NGINX: "nginx.conf",
    What.SYSTEMD: "fediverse-ai.service",
    What.ACCOUNTS_CADDY: "accounts.Caddyfile",
    What.ACCOUNTS_NGINX: "accounts.nginx.conf",
}


def front(
    what: Annotated[What | None, typer.Argument(help="Which file to print; without it, all steps in words.")] = None,
) -> None:
    """Print what to put in front of this server, filled in: a proxy, the domain of the handles, a unit of systemd."""
    config = console.existing_config()
    if what is None:
        console.tell(in_words(config), **facts(config))
        return
    text = filled(config, what)
    if console.chosen.get().json:
        console.tell(text, file=what.value, text=text)
    else:
        # As it is: a terminal's width must not break a line of it.
        sys.stdout.write(text)


def folder() -> Path:
    """Where the files of deploy/ lie: carried by an installed package, else the repository's own."""
    carried = Path(__file__).resolve().parents[1] / "deploy"
    return carried if carried.is_dir() else Path(__file__).resolve().parents[2] / "deploy"


def filled(config: Config, what: What) -> str:
    """A file of deploy/ with the names, the address and the folder of this server instead of those of the example."""
    host, port = config.server.host, config.server.port
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104
    listening = f"{'127.0.0.1' if everywhere else f'[{host}]' if ':' in host else host}:{port}"
    ours = {
        # In a container the proxy knows the server by another name, which it is told by its environment.
        UPSTREAM: UPSTREAM if everywhere else listening,
        "art.example": config.host,
        "example.org": config.account_host,
        "127.0.0.1:8000": listening,
        PROGRAM: str(Path(sys.prefix) / "bin" / "fediverse-ai"),
        STATE: str(config.data_dir.resolve()),
    }
    text = (folder() / FILES[what]).read_text("utf-8")
    text = "".join(line for line in text.splitlines(keepends=True) if HINT not in line)
    # In one go, or a name that contains another would be replaced twice.
    text = re.sub("|".join(map(re.escape, ours)), lambda found: ours[found[0]], text)
    return _unit(config, text) if what == What.SYSTEMD else text


def _unit(config: Config, text: str) -> str:
    """The unit for a folder that is there already: its owner runs the server, and may write nowhere else."""
    home = config.data_dir.resolve()
    if str(home) == STATE:
        return text
    try:
        owner, group = home.owner(), home.group()
    except KeyError:
        # In a container whose user has no name.
        owner, group = str(home.stat().st_uid), str(home.stat().st_gid)
    text = re.sub(r"^StateDirectory=.*\nStateDirectoryMode=.*$", f"ReadWritePaths={home}", text, flags=re.MULTILINE)
    text = re.sub(r"^User=.*\nGroup=.*$", f"User={owner}\nGroup={group}", text, flags=re.MULTILINE)
    if f"{home}/".startswith(HOMES) or sys.prefix.startswith(HOMES):
        text = text.replace("ProtectHome=yes", "ProtectHome=no")
    return text


def facts(config: Config) -> dict[str, Any]:
    """The same for programs: names, and every file that is needed."""
    split = config.account_host != config.host
    wanted = [what for what in What if split or what not in (What.ACCOUNTS_CADDY, What.ACCOUNTS_NGINX)]
    return {
        "host": config.host,
        "account_domain": config.account_host,
        "front": {what.value: filled(config, what) for what in wanted},
    }


def in_words(config: Config) -> str:
    """The steps from a folder to a server that the world reaches."""
    command = f"fediverse-ai --data {config.data_dir}"
    steps = [
        f"DNS: let {config.host} lead to this machine (an A record, and AAAA where it has IPv6).",
        "In front: Caddy, which fetches certificates itself. Its whole Caddyfile:\n\n"
        f"{_plain(filled(config, What.CADDY))}\n\n"
        f"{command} front caddy | sudo tee /etc/caddy/Caddyfile && sudo systemctl reload caddy\n"
        f"For nginx instead: {command} front nginx",
    ]
    if config.account_host != config.host:
        steps.append(
            f"Handles: the web server of {config.account_host} leads these questions here. With Caddy:\n\n"
            f"{_plain(filled(config, What.ACCOUNTS_CADDY))}\n\n"
            f"For nginx instead: {command} front accounts-nginx"
        )
    steps += [
        "Run it, and again after each start of the machine:\n"
        f"{command} front systemd | sudo tee /etc/systemd/system/fediverse-ai.service\n"
        "sudo systemctl daemon-reload && sudo systemctl enable --now fediverse-ai",
        f"Look whether all is well: {command} doctor",
    ]
    return "\n\n".join(f"{number}. {_indented(step)}" for number, step in enumerate(steps, 1))


def _plain(text: str) -> str:
    """Without comments and optional lines."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return re.sub(r"\n{2,}", "\n", "\n".join(kept).strip().replace("\t", "    "))


def _indented(step: str) -> str:
    first, *rest = step.split("\n")
    return "\n".join([first, *(f"   {line}" if line else "" for line in rest)])
