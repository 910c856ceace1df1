"""`quickstart`: from an empty folder to a served picture, again in an instant, and a good end at any moment."""

from __future__ import annotations

import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.cli.conftest import Cli, events

END_SECONDS = 5.0
SECOND_START_FLOORS = 5.0
"""Processor time until it serves, as a multiple of what loading the libraries alone takes in the same minute: 3 s on a
machine where that is 0.6 s. Seconds themselves grow two- or threefold where other tests share the processor."""
LIBRARIES = "import sqlmodel, starlette.applications, PIL.Image, jinja2, cryptography.x509, httpx2"


def end(process: subprocess.Popen[str]) -> None:
    """SIGTERM is a good end, and a quick one."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert time.monotonic() - began < END_SECONDS


def cpu_seconds(process: subprocess.Popen[str]) -> float:
    """What the process itself has used, whatever else the machine is doing."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def floor_seconds() -> float:
    """Processor time of a program that loads the libraries and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_event(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["event"]: item for item in found}


def test_first_start_then_second(cli: Cli, port: int) -> None:
    origin = f"http://127.0.0.1:{port}"
    server = cli.start("--json", "quickstart", "--port", str(port))
    told = events(server, until="ready")
    assert [item["event"] for item in told] == ["folder", "serving", "account", "composed", "settled", "ready"]
    facts = by_event(told)
    assert facts["account"]["handle"] == f"ann@127.0.0.1:{port}"
    picture = facts["settled"]
    assert picture["state"] == "published", picture
    assert picture["pictures"][0]["alt"]

    page = httpx.get(picture["url"], headers={"accept": "text/html"})
    assert page.status_code == 200
    assert picture["pictures"][0]["url"] in page.text
    image = httpx.get(picture["pictures"][0]["url"])
    assert (image.status_code, image.headers["content-type"], image.content[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert httpx.get(facts["ready"]["link"]).status_code == 200

    for path in (cli.folder, *cli.folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    written = tomllib.loads((cli.folder / "config.toml").read_text())
    assert written == {
        "server": {"host": "127.0.0.1", "port": port, "public_url": origin, "development": True},
    }

    # A second server in the folder, and one on the port, are refused while the first goes on.
    taken = cli("quickstart", "--port", str(port))
    assert (taken.code, "cannot be used" in taken.err) == (1, True)
    end(server)
    assert server.stderr is not None
    assert "DEVELOPMENT MODE" in server.stderr.read()

    used, floors = [], []
    for _ in range(2):
        floors.append(floor_seconds())
        server = cli.start("--json", "quickstart")
        assert events(server, until="serving") == [{"event": "serving", "url": origin}]
        used.append(cpu_seconds(server))
        assert httpx.get(f"{origin}/.well-known/nodeinfo").status_code == 200
        # Without a prompt there is nothing more to make.
        assert [item["event"] for item in events(server, until="ready")] == ["ready"]
        end(server)
    floors.append(floor_seconds())
    assert min(used) < SECOND_START_FLOORS * max(floors), f"{used} s of processor time until it serves, floor {floors}"


@pytest.mark.live
def test_prompt_and_name_and_what_disagrees(cli: Cli, port: int) -> None:
    server = cli.start("--json", "quickstart", "--port", str(port), "--name", "bea", "--prompt", "a red fox in snow")
    facts = by_event(events(server, until="ready"))
    assert facts["account"]["handle"] == f"bea@127.0.0.1:{port}"
    assert facts["composed"]["prompt"] == "a red fox in snow"
    end(server)

    other = cli("quickstart", "--port", str(port + 1 if port < 65_535 else port - 1))
    assert other.code == 1
    assert f"127.0.0.1:{port}" in other.err
    assert "another folder" in other.err
    assert len(other.err.splitlines()) == 1

    server = cli.start("--json", "quickstart", "--prompt", "a blue boat")
    again = by_event(events(server, until="ready"))
    assert again["composed"]["prompt"] == "a blue boat"
    assert again["settled"]["state"] == "published"
    assert again["settled"]["id"] != facts["settled"]["id"]
    end(server)

    unknown = cli.start("--json", "quickstart", "--name", "carl")
    _, err = unknown.communicate(timeout=60)
    assert unknown.returncode == 1
    assert "nobody called carl" in err
    assert "user create carl" in err


def test_end_in_the_middle_loses_nothing(cli: Cli, port: int) -> None:
    server = cli.start("--json", "quickstart", "--port", str(port))
    made = by_event(events(server, until="composed"))["composed"]
    end(server)
    server = cli.start("--json", "quickstart")
    # No second picture is begun, and the one that was promised comes to its end.
    assert [item["event"] for item in events(server, until="ready")] == ["serving", "ready"]
    page = f"http://127.0.0.1:{port}/@ann/{made['id']}"
    patience = time.monotonic() + 60
    while (status := httpx.get(page).status_code) != 200 and time.monotonic() < patience:
        time.sleep(0.2)
    assert status == 200
    end(server)


def test_end_before_anything_is_served(cli: Cli, port: int) -> None:
    server = cli.start("quickstart", "--port", str(port))
    while not cli.folder.exists():
        assert server.poll() is None
        time.sleep(0.02)
    end(server)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
