"""A program in what a container or a unit of systemd leaves it, without either: run as root, by itself.

`python -m tests.deploy.live.confined FILE` reads a Cell as JSON and becomes its command: another user without any
privilege, a root that is read-only, homes and /tmp that are empty but for what is shown, one folder to write to, a
network of its own with nothing in it, and the filter of system calls that a unit asks for.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import socket
import struct
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EQUAL, MASKED = 4, 7
PROT_WRITE, PROT_EXEC = 2, 4
HIDDEN = ("/root", "/home", "/tmp")
HELD = "/mnt"
"""Where what is shown is held while its surroundings are hidden; every Debian has the folder."""


@dataclass(frozen=True)
class Cell:
    """What runs, and what it may. `calls`: system calls, () for all of them, and then the next two say nothing."""

    command: list[str]
    env: dict[str, str]
    user: int
    writable: str
    shown: list[str]
    """Folders that are read although they lie where everything else is hidden."""
    umask: int = 0o022
    files: int = 65_536
    calls: list[str] = field(default_factory=list)
    families: list[int] = field(default_factory=list)
    """Of sockets."""
    never_both: bool = False
    """No memory that is written to is ever run (MemoryDenyWriteExecute)."""

    def dump(self) -> str:
        return json.dumps(asdict(self))


_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    words = [word.encode() if word else None for word in (source, target, kind)]
    _must(_libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None), f"mount {target}")


def shut(cell: Cell) -> None:
    """A root to read from, with nothing in it that is not shown."""
    _must(_libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare")
    _mount("none", "/", flags=MS_REC | MS_PRIVATE)
    _mount("tmpfs", HELD, "tmpfs")
    places = [*cell.shown, cell.writable]
    for number, place in enumerate(places):
        held = Path(HELD, str(number))
        held.mkdir()
        _mount(place, str(held), flags=MS_BIND | MS_REC)
    for folder in HIDDEN:
        _mount("tmpfs", folder, "tmpfs", data=f"mode={'1777' if folder == '/tmp' else '0755'}")
    for number, place in enumerate(places):
        if place.startswith(HIDDEN):
            Path(place).mkdir(parents=True, exist_ok=True)
        _mount(f"{HELD}/{number}", place, flags=MS_BIND | MS_REC)
        if place != cell.writable:
            _mount("none", place, flags=MS_REMOUNT | MS_BIND | MS_RDONLY)
    _mount("none", "/", flags=MS_REMOUNT | MS_BIND | MS_RDONLY)
    _loopback()


def _loopback() -> None:
    """The new network has 127.0.0.1, once it is switched on."""
    with socket.socket() as plain:
        asked = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(plain, SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(plain, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def become(cell: Cell) -> None:
    """The user of the cell, for ever."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = min(cell.files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.umask(cell.umask)
    os.setgroups([])
    os.setresgid(cell.user, cell.user, cell.user)
    os.setresuid(cell.user, cell.user, cell.user)
    _must(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


class _Compare(ctypes.Structure):
    """One argument of a system call, as libseccomp has it compared."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


class Filter:
    """libseccomp, which systemd uses too: what is not allowed fails with EPERM."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p
        self._context = ctypes.c_void_p(self._library.seccomp_init(ERRNO | errno.EPERM))

    def rule(self, call: str, *compared: tuple[int, int, int, int], action: int = ALLOW) -> None:
        """(number of the argument, comparison, value or mask, value under the mask); none of them: always."""
        number = self._library.seccomp_syscall_resolve_name(call.encode())
        if number < 0:  # of another architecture
            return
        given = (_Compare * max(1, len(compared)))(*(_Compare(*one) for one in compared))
        done = self._library.seccomp_rule_add_array(
            self._context, ctypes.c_uint32(action), number, ctypes.c_uint(len(compared)), given
        )
        assert done == 0, (call, done)

    def load(self) -> None:
        assert self._library.seccomp_load(self._context) == 0


def close_calls(cell: Cell) -> None:
    """The filter of the unit: its calls, its families of sockets, and no memory both written and run."""
    if not cell.calls:
        return
    made = Filter()
    special = {"socket"} if cell.families else set()
    if cell.never_both:
        special |= {"mmap", "mprotect", "pkey_mprotect"}
        made.rule("mmap", (2, MASKED, PROT_EXEC, 0))
        made.rule("mmap", (2, MASKED, PROT_WRITE, 0))
        for call in ("mprotect", "pkey_mprotect"):
            made.rule(call, (2, MASKED, PROT_EXEC, 0))
    for family in cell.families:
        made.rule("socket", (0, EQUAL, family, 0))
    for call in cell.calls:
        if call not in special:
            made.rule(call)
    made.load()


def main(file: str) -> None:
    cell = Cell(**json.loads(Path(file).read_text()))
    # The ways to what is shown are open to everybody, whatever whoever started this keeps to itself.
    os.umask(0o022)
    shut(cell)
    become(cell)
    os.chdir(cell.writable)
    close_calls(cell)
    os.execve(cell.command[0], cell.command, cell.env)


if __name__ == "__main__":
    main(sys.argv[1])
