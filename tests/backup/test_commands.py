"""`backup …` at the terminal: what is said, what programs read, and the exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Inside, cli, inside, port
from tests.cli.test_commands import settled

__all__ = ["cli", "inside", "port", "settled"]

pytestmark = pytest.mark.live


def test_the_whole_way(settled: Inside, tmp_path: Path) -> None:
    folder = settled.folder
    assert settled("backup", "verify").code == 1, "there is none"
    told = settled("backup", "create")
    assert told.code == 0
    assert "is not in it. Keep a copy" in told.out
    words = tmp_path / "words"
    words.write_text("\n")
    assert "is empty" in settled("backup", "create", "--passphrase-file", str(words)).err
    words.write_text("six geese a-laying\n")
    made = settled("--json", "backup", "create", "--to", str(tmp_path / "b"), "--passphrase-file", str(words), "--keys")
    assert (made.facts["encrypted"], made.facts["keys"], made.facts["accounts"]) == (True, True, 2)
    file = made.facts["file"]
    assert "passphrase" in settled("backup", "verify", file).err
    looked = settled("--json", "backup", "verify", file, "--passphrase-file", str(words))
    assert (looked.code, looked.facts["good"], looked.facts["problems"]) == (0, True, [])
    [row] = settled("--json", "backup", "list", "--in", str(tmp_path / "b")).facts
    assert (row["file"], row["encrypted"], row["keys"]) == (file, True, True)
    new = Inside(tmp_path / "new", settled.capsys)
    again = new("backup", "restore", str(tmp_path / "b"), "--passphrase-file", str(words))
    assert again.code == 0, again.err
    assert "must never run again" in again.out
    assert new("--json", "backup", "restore", file, "--passphrase-file", str(words)).code == 1, "it is not empty now"
    assert "restored on" in new("doctor").out
    assert (tmp_path / "new" / "secret.key").read_bytes() == (folder / "secret.key").read_bytes()


def test_exit_codes_of_what_is_broken(settled: Inside, tmp_path: Path) -> None:
    folder = settled.folder
    picture = folder / "media" / "ab" / f"{'ab' * 32}.jpg"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"not what its name says")
    assert settled("backup", "create").code == 0
    looked = settled("--json", "backup", "verify")
    assert (looked.code, len(looked.facts["problems"])) == (1, 1)
    assert settled("backup", "verify", "--no-media").code == 0
    new = Inside(tmp_path / "new", settled.capsys)
    key = ("--secret-key", str(folder / "secret.key"))
    dry = new("backup", "restore", str(folder / "backups"), *key, "--dry-run")
    assert dry.code == 0
    assert not (tmp_path / "new").exists()
    assert new("backup", "restore", str(folder / "backups"), *key).code == 3
    assert settled("backup", "restore", str(tmp_path / "none"), *key).code == 1
    for number in range(2):
        for path in (folder / "backups").glob("backup-*.tar"):
            os.rename(path, path.with_name(f"backup-2025010{number + 1}T000000Z.tar"))
        assert settled("backup", "create").code == 0
    assert settled("--json", "backup", "prune", "--keep-daily", "1", "--keep-weekly", "0", "--dry-run").facts["gone"]
    asked = settled("backup", "prune", "--keep-daily", "1", "--keep-weekly", "0", stdin="n\n")
    assert asked.code == 1
    told = settled("--json", "backup", "prune", "--keep-daily", "1", "--keep-weekly", "0", "--yes")
    assert (told.code, len(told.facts["kept"])) == (0, 1)
