"""The commands beside a running server, and those that need none."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import tempfile
import time
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import pytest

from fediverse_ai import migrations
from fediverse_ai.cli import console, folder
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Misconfigured
from generation import provenance
from tests.cli.conftest import Cli, Inside

SETTLED: list[tempfile.TemporaryDirectory[str]] = []
"""What the first `settled` of this process made, for the others to begin with."""


@pytest.fixture
def settled(inside: Inside, port: int, monkeypatch: pytest.MonkeyPatch) -> Inside:
    """A folder made by `init` for development, with ann (owner) and bea in it; no server runs."""
    monkeypatch.setenv("FEDIVERSE_AI__JOBS__POLL_SECONDS", "0.1")
    if not SETTLED:
        assert inside("init", "--development", "--port", str(port)).code == 0
        for name, role in (("ann", "owner"), ("bea", "member")):
            assert inside("user", "create", name, "--role", role).code == 0
        SETTLED.append(tempfile.TemporaryDirectory())
        shutil.copytree(inside.folder, SETTLED[0].name, dirs_exist_ok=True)
    else:
        shutil.copytree(SETTLED[0].name, inside.folder)
    return inside


def serve(cli: Cli, port: int) -> None:
    cli.env = {key: value for key, value in os.environ.items() if key.startswith("FEDIVERSE_AI__")}
    server = cli.start("serve")
    patience = time.monotonic() + 60
    while time.monotonic() < patience and server.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/.well-known/nodeinfo").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"not serving: {server.communicate()}")


def test_beside_a_running_server(settled: Inside, cli: Cli, port: int) -> None:
    serve(cli, port)
    published = settled("--json", "post", "a lighthouse", "--as", "bea", "--text", "Look")
    assert (published.code, published.facts["state"]) == (0, "published"), published
    assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/@bea/\d+", published.facts["url"])
    assert "Look" in httpx.get(published.facts["url"]).text

    held = settled("--json", "post", "topless model on a bed")
    assert (held.code, held.facts["state"]) == (3, "held"), held
    refused = settled("--json", "post", "how to build a bomb")
    assert (refused.code, refused.facts["state"]) == (4, "refused"), refused
    assert refused.facts["rule"]
    assert httpx.get(refused.facts["url"]).status_code == 404

    at = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S")
    later = settled("--json", "post", "--text", "In two hours", "--at", at)
    assert (later.code, later.facts["state"]) == (0, "scheduled"), later

    quick = settled("--json", "post", "--text", "only words", "--no-wait")
    assert quick.code == 0
    assert quick.facts["state"] in ("waiting", "published")

    assert settled("--json", "follow", "ann", "--as", "bea").facts == {
        "state": "accepted",
        "handle": f"ann@127.0.0.1:{port}",
    }
    nobody = settled("follow", f"nobody@127.0.0.1:{port}")
    assert (nobody.code, "nobody called nobody" in nobody.err) == (1, True)

    findings = {item["name"]: item for item in settled("doctor", "--json").facts["findings"]}
    assert findings["webfinger"]["level"] == "ok", findings["webfinger"]
    assert findings["keys"]["level"] == "ok"

    second = cli("serve", "--port", str(port))
    assert (second.code, "cannot be used" in second.err) == (1, True)
    cli.started[0].send_signal(signal.SIGTERM)
    assert cli.started[0].wait(20) == 0


def test_without_a_server(settled: Inside) -> None:
    queued = settled("post", "a lighthouse")
    assert queued.code == 5
    assert "no server runs" in queued.err
    words = settled("post", "x" * 10_000)
    assert (words.code, "10000 characters" in words.err) == (1, True)
    stranger = settled("post", "a fox", "--as", "carl")
    assert (stranger.code, "nobody called carl" in stranger.err) == (1, True)
    with closing(sqlite3.connect(settled.folder / "fediverse.db")) as database:
        assert database.execute("SELECT state, count(*) FROM post GROUP BY state").fetchall() == [("waiting", 1)]
    worker = settled("worker")
    assert worker.code == 2
    assert "PostgreSQL" in worker.err
    newest = migrations.newest()
    assert settled("--json", "db", "migrate").facts == {"before": newest, "after": newest, "copy": None}


def test_people(settled: Inside) -> None:
    people = settled("user", "list", "--json").facts
    assert [(row["handle"].partition("@")[0], row["role"]) for row in people] == [("ann", "owner"), ("bea", "member")]
    twice = settled("user", "create", "Bea")
    assert (twice.code, "taken" in twice.err) == (1, True)
    short = settled("user", "reset-password", "bea", "--password-file", "-", stdin="short\n")
    assert (short.code, "10 to 256" in short.err) == (1, True)
    with closing(sqlite3.connect(settled.folder / "fediverse.db")) as database:
        query = "SELECT password_hash FROM account JOIN actor ON actor.id = actor_id WHERE username = 'bea'"
        assert database.execute(query).fetchone() == (None,)
        reset = settled("user", "reset-password", "bea", "--password-file", "-", stdin="correct horse battery\n")
        assert reset.code == 0
        assert "/sign-in/link/" in reset.out
        assert database.execute(query).fetchone()[0].startswith("$argon2id$")
    assert settled("user", "create", "dora", "--role", "king").code == 1
    assert settled("user", "reset-two-factor", "bea", "--json").facts == {"name": "bea", "was_on": False, "passkeys": 0}
    assert settled("user", "reset-two-factor", "nobody").code == 1
    out = settled.folder / "bea.zip"
    assert settled("user", "export", "bea", "--out", str(out)).code == 0
    with zipfile.ZipFile(out) as held:
        assert json.loads(held.read("actor.json"))["preferredUsername"] == "bea"
    assert settled("user", "export", "bea", "--out", str(out)).code == 1


def test_generate_writes_a_labelled_picture_and_nothing_else(inside: Inside) -> None:
    out = inside.folder.parent / "fox.jpg"
    made = inside("--json", "generate", "a red fox in snow", "--out", str(out), "--seed", "7", "--size", "256x256")
    assert made.code == 0, made
    assert (made.facts["width"], made.facts["height"], made.facts["seed"]) == (256, 256, 7)
    said = provenance.read(out.read_bytes())
    assert said is not None
    assert said.digital_source_type == made.facts["digital_source_type"] == provenance.ALGORITHMIC
    assert list(inside.folder.parent.iterdir()) == [out]


def test_init_for_production_and_doctor(inside: Inside) -> None:
    made = inside("--json", "init", "--public-url", "https://pictures.example", "--port", "8123")
    assert (made.code, made.facts["public_url"]) == (0, "https://pictures.example")
    assert stat.S_IMODE(inside.folder.stat().st_mode) == 0o700
    for name in ("config.toml", "secret.key", "fediverse.db"):
        assert stat.S_IMODE((inside.folder / name).stat().st_mode) == 0o600
    again = inside("init", "--public-url", "https://pictures.example")
    assert (again.code, "holds a server already" in again.err) == (1, True)
    findings = {item["name"]: item for item in inside("doctor", "--json").facts["findings"]}
    assert "media.public_url" in findings["media"]["cure"]
    assert findings["files"]["level"] == "ok"
    assert "visitors" not in findings, "init names the proxy of this machine"

    (inside.folder / "secret.key").chmod(0o644)
    sick = inside("doctor", "--json")
    assert sick.code == 1
    told = {item["name"]: item for item in sick.facts["findings"]}["files"]
    assert told["level"] == "problem"
    assert told["cure"].startswith("chmod go= ")


def test_serve_refuses_another_address_than_its_ids(inside: Inside, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inside("init", "--public-url", "https://pictures.example", "--port", str(port)).code == 0
    monkeypatch.setenv("FEDIVERSE_AI__SERVER__PUBLIC_URL", "https://elsewhere.example")
    refused = inside("serve")
    assert refused.code == 1
    assert "https://pictures.example" in refused.err
    assert "ids cannot move" in refused.err


def test_doctor_finds_a_secret_that_does_not_fit(inside: Inside) -> None:
    assert inside("init", "--public-url", "https://pictures.example").code == 0
    (inside.folder / "secret.key").write_bytes(bytes(range(32)))
    sick = inside("doctor", "--json")
    assert sick.code == 1
    problems = [item for item in sick.facts["findings"] if item["level"] == "problem"]
    assert "secret.key" in " ".join(item["words"] + item["cure"] for item in problems)


def test_doctor_finds_changed_tables(inside: Inside) -> None:
    assert inside("init", "--public-url", "https://pictures.example").code == 0
    with closing(sqlite3.connect(inside.folder / "fediverse.db")) as database:
        database.execute("ALTER TABLE actor RENAME COLUMN url TO web")
        database.commit()
    sick = inside("doctor", "--json")
    assert (sick.code, sick.facts["well"]) == (1, False)
    assert {"tables"} <= {item["name"] for item in sick.facts["findings"] if item["level"] == "problem"}


def test_config_check_shows_origins_and_hides_secrets(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    inside.folder.mkdir()
    (inside.folder / "config.toml").write_text('[server]\npublic_url = "https://a.example"\n')
    monkeypatch.setenv("FEDIVERSE_AI__SERVER__PORT", "8123")
    monkeypatch.setenv("FEDIVERSE_AI__DATABASE__URL", "postgresql://me:hunter2@host/name")
    shown = inside("config", "check", "--json")
    assert shown.code == 0
    assert "hunter2" not in shown.out
    rows = {row["key"]: row for row in shown.facts}
    assert (rows["server.port"]["value"], rows["server.port"]["origin"]) == ("8123", "environment")
    assert rows["server.public_url"]["origin"].endswith("config.toml")
    assert rows["log.level"]["origin"] == "default"


def test_one_server_holds_a_folder(inside: Inside) -> None:
    inside.folder.mkdir()
    config = Config(data_dir=inside.folder)
    assert folder.holder(inside.folder) is None
    with folder.held(config):
        assert folder.holder(inside.folder) is not None
        with pytest.raises(Misconfigured, match="already runs"), folder.held(config):
            pass
    assert folder.holder(inside.folder) is None


@pytest.mark.parametrize(
    ("typed", "parsed"),
    [
        (["post", "x", "--json"], ["--json", "post", "x"]),
        (["post", "x", "--data", "d", "--as", "ann"], ["--data", "d", "post", "x", "--as", "ann"]),
        (["--data=d", "post", "--config=c"], ["--data=d", "--config=c", "post"]),
        (["post", "--", "--json"], ["post", "--", "--json"]),
    ],
)
def test_global_options_may_stand_anywhere(typed: list[str], parsed: list[str]) -> None:
    assert console.hoist(typed) == parsed


def test_demo(cli: Cli) -> None:
    done = cli("demo", "--json", "--prompt", "a red fox in snow", seconds=120)
    assert done.code == 0, done
    told = [(item["event"], item.get("type")) for item in done.facts]
    assert told == [
        ("servers", None), ("activity", "Follow"), ("followed", None), ("composed", None), ("settled", None),
        ("activity", "Create"), ("seen", None), ("ended", None),
    ]  # fmt: skip
    create = done.facts[5]
    assert (create["delivery"], create["outcome"]) == ("delivered", "done")
    assert create["key"].startswith(create["sender"])
    assert done.facts[6]["uri"] == done.facts[4]["uri"]


def test_worker_on_postgresql_makes_the_picture(
    inside: Inside, cli: Cli, port: int, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDIVERSE_AI__DATABASE__URL", postgresql_url)
    monkeypatch.setenv("FEDIVERSE_AI__JOBS__POLL_SECONDS", "0.1")
    cli.env = {key: value for key, value in os.environ.items() if key.startswith("FEDIVERSE_AI__")}
    assert inside("init", "--development", "--port", str(port)).code == 0
    assert inside("user", "create", "ann", "--role", "owner").code == 0
    worker = cli.start("worker", "--queues", "generate,out")
    published = inside("--json", "post", "a red fox in snow")
    worker.send_signal(signal.SIGTERM)
    said = worker.communicate(timeout=20)
    assert (published.code, published.facts["state"]) == (0, "published"), (published, said)
    assert worker.returncode == 0, said
