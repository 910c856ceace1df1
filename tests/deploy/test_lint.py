"""What stands in deploy/ is sound: each file by a linter of its own kind, and by what the program says of itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fediverse_ai.cli.front import FILES, What
from fediverse_ai.core import limits
from tests.deploy.reading import DEPLOY, nginx_conf, text_of
from tests.support.processes import ROOT

BIN = Path(sys.executable).parent


def lint(*command: str | Path) -> str:
    """Run a linter of our environment; its output when it is content."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_dockerfile_is_linted_and_runs_as_nobody() -> None:
    assert lint("hadolint", "--failure-threshold=style", DEPLOY / "Dockerfile") == ""
    lines = text_of("Dockerfile").splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert len(stages) == 2
    last = lines[lines.index(stages[1]) :]
    assert "USER 10001:10001" in last
    assert any(line.startswith("HEALTHCHECK") for line in last)
    assert not any("pip install" in line for line in last), "what builds stays in the first stage"


def test_the_dockerfile_fails_the_linter_when_it_is_worse(tmp_path: Path) -> None:
    worse = tmp_path / "Dockerfile"
    worse.write_text(text_of("Dockerfile", {"USER 10001:10001": "USER root", "slim-trixie": "latest"}))
    with pytest.raises(AssertionError, match="DL300"):
        lint("hadolint", "--failure-threshold=style", worse)


def test_the_compose_file_is_one_and_keeps_containers_small() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    lint("compose-lint", DEPLOY / "compose.yaml")
    services = yaml.safe_load(text_of("compose.yaml"))["services"]
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert services["postgresql"]["profiles"] == ["postgresql"]
    # The proxy waits for the server's health, which podman's own image format does not take along.
    assert services["caddy"]["depends_on"]["server"]["condition"] == "service_healthy"
    asked = re.search(r"^HEALTHCHECK (?:.*\\\n)?\s*CMD (\[.*\])$", text_of("Dockerfile"), re.MULTILINE)
    assert asked
    assert services["server"]["healthcheck"]["test"] == ["CMD", *json.loads(asked[1])]
    # Only the proxy is reached from outside, and it alone may bind low ports.
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert services["caddy"]["cap_add"] == ["NET_BIND_SERVICE"]


@pytest.mark.parametrize("optional", [False, True])
def test_nginx_is_analysed(tmp_path: Path, optional: bool) -> None:
    whole = tmp_path / "nginx.conf"
    whole.write_text(nginx_conf(text_of("nginx.conf", optional=optional)))
    # Two servers on one address: the first one answers for strangers, and the program refuses them.
    lint("gixy", *(["--skips", "default_server_flag"] if optional else []), whole)


def test_proxies_let_through_what_the_server_takes() -> None:
    """An upload of the largest size, with the form around it, and a stream between two signs of life."""
    form = limits.MIB
    assert limits.UPLOAD_BODY_BYTES + form <= 20 * 1000 * 1000
    assert "max_size 20MB" in text_of("Caddyfile")
    assert "client_max_body_size 20m;" in text_of("nginx.conf")
    assert limits.STREAM_HEARTBEAT_SECONDS * 3 < 75
    assert "proxy_read_timeout 75s;" in text_of("nginx.conf")
    assert limits.RECEIVE_KEEPALIVE_SECONDS > 4
    assert "keepalive_timeout 4s;" in text_of("nginx.conf")


def test_every_file_that_front_fills_in_is_there_with_the_names_to_fill_in() -> None:
    for what, name in FILES.items():
        assert ("/var/lib/fediverse-ai" if what == What.SYSTEMD else "art.example") in text_of(name)
