"""The steps of the Dockerfile and the bounds of the unit, without a docker daemon and without systemd.

What the Dockerfile copies and runs is copied and run in a folder of its own; what it starts is started as its user, on
a root that is read-only, with nothing but /data to write to, until its own health check is content. Then the same
program is started as the unit starts it, under the filter of system calls that systemd would make of the unit.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.live.confined import Cell
from tests.deploy.reading import DEPLOY, text_of
from tests.support.processes import ROOT

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="takes the id of another user and a read-only root, as root can"),
]
HOME, NOBODY = "/opt/fediverse-ai", 10001
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
DAY = """
echo "correct horse battery staple" > /tmp/password
{program} init --domain art.home.arpa --admin ann --password-file /tmp/password
{serve} & server=$!
trap 'kill -KILL $server 2>/dev/null' EXIT
for second in $(seq 60); do
    if {healthy} 2>/dev/null; then break; fi
    kill -0 $server; sleep 0.5
done
{healthy}
{program} post "a red fox in the snow" --as ann
{program} backup create
{program} doctor || true
{python} -c '{inspect}'
if touch {home}/written 2>/dev/null; then echo "the root can be written to"; exit 9; fi
kill -TERM $server
wait $server
trap - EXIT
echo "ended well"
"""
"""What both do: a first start, health, a picture through the whole gate, a backup, a stop."""
INSPECT = """
import asyncio
from generation.sandbox import Sandbox
async def look():
    sandbox = Sandbox()
    print("child:", await sandbox.run("generation.sandbox:inspect", timeout=20, lane="decode"))
    await sandbox.close()
asyncio.run(look())
"""


@dataclass(frozen=True)
class Image:
    """What the Dockerfile says, and its program as it was installed by its steps."""

    instructions: list[tuple[str, str]]
    home: Path

    def last(self, word: str) -> str:
        return [text for name, text in self.instructions if name == word][-1]

    def words(self, word: str) -> list[str]:
        """An instruction in its JSON form."""
        found: list[str] = json.loads(re.sub(r"^.*?CMD (?=\[)", "", self.last(word)))
        return found

    @property
    def env(self) -> dict[str, str]:
        pairs = (pair.split("=", 1) for name, text in self.instructions if name == "ENV" for pair in shlex.split(text))
        return {name: value.replace(HOME, str(self.home)) for name, value in pairs}


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    lines = [line for line in joined.splitlines() if line.strip()]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def context(folder: Path) -> None:
    """The build context: what .dockerignore lets through."""
    wanted = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    folder.mkdir()
    for pattern in wanted:
        found = list(ROOT.glob(pattern))
        assert found, pattern
        for path in found:
            if path.is_dir():
                shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, folder / path.name)


@pytest.fixture(scope="module", autouse=True)
def _mask_of_a_build() -> Iterator[None]:
    """What is built is for everybody to read; a test before this one may have kept its files to itself."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The first stage, run as it is written but for where it installs."""
    folder = tmp_path_factory.mktemp("image")
    found = Image(instructions(text_of("Dockerfile")), folder / "opt")
    stages = [at for at, (name, _) in enumerate(found.instructions) if name == "FROM"]
    first = found.instructions[stages[0] : stages[1]]
    assert [text for name, text in first if name == "COPY"] == [". ."]
    context(folder / "src")
    (folder / "bin").mkdir()
    # The base image calls it so.
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    for step in [text for name, text in first if name == "RUN"]:
        script = step.replace(HOME, str(found.home)).replace("--no-cache-dir ", "")
        done = subprocess.run(
            ["sh", "-e", "-c", script], cwd=folder / "src", capture_output=True, text=True, timeout=600, check=False,
            env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
    return found


def lived(cell: Cell, folder: Path) -> str:
    """Run a cell to its end; what it printed."""
    os.chown(cell.writable, cell.user, cell.user)
    (folder / "cell.json").write_text(cell.dump())
    done = subprocess.run(
        [sys.executable, "-m", "tests.deploy.live.confined", str(folder / "cell.json")], cwd=ROOT,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    assert "Traceback" not in done.stderr, done.stderr[-6000:]
    return done.stdout


def day(image: Image, data: Path, serve: str) -> str:
    """The script of a day with this server."""
    program = f"{image.home}/bin/fediverse-ai --data {data}"
    return DAY.format(
        program=program, serve=serve, home=image.home, healthy=shlex.join(image.words("HEALTHCHECK")),
        python=f"{image.home}/bin/python", inspect=INSPECT.replace("'", '"'),
    )  # fmt: skip


def is_well(told: str, data: Path) -> None:
    assert "\nPublished: " in told, told
    assert "Made " in told, told
    # The child that reads pictures of strangers lives here too, under its own bounds.
    assert "'file_bytes': 0" in told, told
    assert told.rstrip().endswith("ended well")
    assert sorted(path.name for path in (data / "backups").glob("*.tar"))
    assert (data / "secret.key").stat().st_uid == NOBODY


def shown(image: Image) -> list[str]:
    """The program, and the interpreter that it belongs to where that is not the system's own."""
    places = [image.home, image.home.parent / "bin", Path(sys.base_prefix)]
    return [str(place) for place in places if place not in (Path("/usr"), Path("/usr/local"))]


def test_what_the_dockerfile_builds_runs_as_nobody_on_a_read_only_root(image: Image, tmp_path: Path) -> None:
    assert image.last("USER") == f"{NOBODY}:{NOBODY}"
    assert image.last("VOLUME") == image.last("WORKDIR") == "/data"
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    entry = [word.replace("/data", str(data)) for word in image.words("ENTRYPOINT")]
    script = day(image, data, shlex.join([*entry, *image.words("CMD")]))
    env = {"PATH": "/usr/bin:/bin", **image.env}
    env["PATH"] = env["PATH"].replace("$PATH", "/usr/bin:/bin")
    told = lived(Cell(["/bin/bash", "-eu", "-c", script], env, NOBODY, str(data), shown(image)), tmp_path)
    is_well(told, data)


def unit() -> configparser.SectionProxy:
    """[Service], the last of each name; SystemCallFilter is read by `calls`."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as it is written
    parser.read(DEPLOY / "fediverse-ai.service")
    return parser["Service"]


def calls() -> list[str]:
    """The names of the system calls that the unit allows, by systemd's own groups."""
    told = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, timeout=60, check=True)
    groups: dict[str, list[str]] = {}
    for line in told.stdout.splitlines():
        if line.startswith("@"):
            groups[line.strip()] = inside = []
        elif line.startswith("    ") and not line.strip().startswith("#"):
            inside.append(line.strip())

    def spread(name: str) -> set[str]:
        return set().union(*map(spread, groups[name])) if name.startswith("@") else {name}

    allowed: set[str] = set()
    for wanted in re.findall(r"^SystemCallFilter=(.*)$", text_of("fediverse-ai.service"), re.MULTILINE):
        named = set().union(*(spread(one) for one in wanted.lstrip("~").split()))
        allowed = allowed - named if wanted.startswith("~") else allowed | named
    return sorted(allowed)


def test_the_server_lives_within_what_the_unit_allows(image: Image, tmp_path: Path) -> None:
    """Not looked at here, because only systemd can: memory and task bounds, and what is hidden of /proc and /dev."""
    service = unit()
    assert (service["NoNewPrivileges"], service["CapabilityBoundingSet"], service["ProtectSystem"]) == (
        "yes", "", "strict"
    )  # fmt: skip
    assert (service["ProtectHome"], service["PrivateTmp"], service["LimitCORE"]) == ("yes", "yes", "0")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    words = service["ExecStart"].replace(HOME, str(image.home)).replace("/var/lib/fediverse-ai", str(data))
    cell = Cell(
        ["/bin/bash", "-eu", "-c", day(image, data, words)],
        {"PATH": f"{image.home}/bin:/usr/bin:/bin"},
        NOBODY, str(data), shown(image), umask=int(service["UMask"], 8), files=int(service["LimitNOFILE"]),
        calls=calls(), families=[FAMILIES[name] for name in service["RestrictAddressFamilies"].split()],
        never_both=service["MemoryDenyWriteExecute"] == "yes",
    )  # fmt: skip
    is_well(lived(cell, tmp_path), data)


def test_the_filter_is_one(image: Image, tmp_path: Path) -> None:
    """What the unit forbids does fail in here: a mount, a raw socket, memory that is written and run."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    tries = """
import ctypes, mmap, socket
libc = ctypes.CDLL(None, use_errno=True)
print(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None), ctypes.get_errno())
for words in ((socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_STREAM)):
    try:
        socket.socket(*words).close()
        print("open")
    except OSError as error:
        print(error.errno)
for bits in (mmap.PROT_WRITE | mmap.PROT_EXEC, mmap.PROT_WRITE):
    try:
        mmap.mmap(-1, 4096, prot=bits).close()
        print("mapped")
    except OSError as error:
        print(error.errno)
"""
    cell = Cell([f"{image.home}/bin/python", "-c", tries], {}, NOBODY, str(data), shown(image), calls=calls(),
                families=[1, 2, 10], never_both=True)  # fmt: skip
    assert lived(cell, tmp_path).split() == ["-1", "1", "1", "open", "1", "mapped"]
