"""A disk under SQLite that fails when told to, and that knows what would survive the power cord.

It is a VFS of SQLite's own kind, laid over the system's: every connection that is opened while it is mounted reads and
writes the real file through it, whoever opens it. Nothing above (driver, pool, transactions) knows that it is there.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from db.engine import Database, open_database
from tests.db.files import url_of

OK: Final = 0
FULL: Final = 13
WRITE_FAILED: Final = 10 | 3 << 8
SYNC_FAILED: Final = 10 | 4 << 8

_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)


class _Methods(Structure):
    """`sqlite3_io_methods`: what can be done with an open file."""

    _fields_ = [
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", c_void_p),
        ("sync", _Sync),
        ("size", c_void_p),
        ("others", c_void_p * 12),
    ]


class _File(Structure):
    """The head of `sqlite3_file`."""

    _fields_ = [("methods", POINTER(_Methods))]


class _Vfs(Structure):
    """`sqlite3_vfs`: how a file is opened."""

    _fields_ = [
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("others", c_void_p * 15),
    ]


@dataclass
class Disk:
    """What happens to the files. A step is a write or a sync."""

    folder: Path
    """Where the files lie, with room for copies."""
    steps: list[str] = field(default_factory=list)
    """Those since the last order to fail, as `write minstrel.db-wal`."""
    failed: int = 0
    """How many of those failed."""
    _first: int = 0
    _last: int = 0
    _full: bool = False
    _synced: dict[str, bytes] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, at: int, *, times: int = 1, full: bool = False) -> None:
        """Let the `at`-th step from now on fail (1 is the next), and `times - 1` after it; `full`: for lack of room."""
        with self._turn:
            self.steps, self.failed = [], 0
            self._first, self._last, self._full = at, at + times - 1, full

    def heal(self) -> None:
        """Let every step succeed from now on."""
        with self._turn:
            self._first, self._last = 0, -1

    def keep(self, path: Path) -> None:
        """This file has lain there for long."""
        self._synced[path.name] = path.read_bytes()

    def without_power(self) -> Path:
        """A folder with the files as a power cut would leave them now: what was synced, and nothing else."""
        left = self.folder / f"left-{len(list(self.folder.glob('left-*')))}"
        left.mkdir()
        with self._turn:
            for name, content in self._synced.items():
                (left / name).write_bytes(content)
        return left

    def step(self, what: str, path: str, error: int) -> int:
        """Take one step; SQLite's code for how it ends."""
        with self._turn:
            self.steps.append(f"{what} {Path(path).name}")
            failing = self._first <= len(self.steps) <= self._last
            self.failed += failing
        return (FULL if self._full else error) if failing else OK

    def synced(self, path: str) -> None:
        """What stands in the file now survives."""
        with self._turn:
            self._synced[Path(path).name] = Path(path).read_bytes()


class _Shim:
    """The VFS itself. Its callbacks are kept alive with it, for SQLite holds bare addresses."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._paths: dict[int, str] = {}
        self._methods: dict[int, Any] = {}
        self._sqlite = ctypes.CDLL(_sqlite3.__file__)  # the very library the driver uses
        self._sqlite.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._sqlite.sqlite3_vfs_register.argtypes = (POINTER(_Vfs), c_int)
        self._system = self._sqlite.sqlite3_vfs_find(None)
        self._vfs = _Vfs.from_buffer_copy(self._system.contents)
        self._vfs.name = b"faulty"
        self._vfs.open = _Open(self._open)

    def mount(self) -> None:
        self._sqlite.sqlite3_vfs_register(ctypes.byref(self._vfs), 1)

    def unmount(self) -> None:
        self._sqlite.sqlite3_vfs_register(self._system, 1)
        self._sqlite.sqlite3_vfs_unregister(ctypes.byref(self._vfs))

    def _open(self, vfs: int, name: int | None, file: int, flags: int, flags_out: int | None) -> int:
        # The name is handed on as the address it is: SQLite keeps more behind its end.
        code = int(self._system.contents.open(vfs, name, file, flags, flags_out))
        if code == OK and name is not None:
            self._paths[file] = ctypes.string_at(name).decode()
            opened = _File.from_address(file)
            opened.methods = ctypes.pointer(self._faulty(opened.methods))
        return code

    def _faulty(self, system: Any) -> Any:
        """The methods of the system's file, with its writes and syncs led through here; one set for each kind."""
        address = ctypes.addressof(system.contents)
        if address not in self._methods:
            methods = _Methods.from_buffer_copy(system.contents)
            methods.write = _Write(self._writer(system.contents.write))
            methods.sync = _Sync(self._sync)
            self._methods[address] = methods
        return self._methods[address]

    def _writer(self, write: Any) -> Callable[..., int]:
        def faulty(file: int, data: int, length: int, offset: int) -> int:
            code = self._disk.step("write", self._paths[file], WRITE_FAILED)
            return code or int(write(file, data, length, offset))

        return faulty

    def _sync(self, file: int, _flags: int) -> int:
        """The system's own sync would make the tests slow and change nothing they can see."""
        code = self._disk.step("sync", self._paths[file], SYNC_FAILED)
        if code == OK:
            self._disk.synced(self._paths[file])
        return code


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Every connection opened in the test lies on this disk."""
    disk = Disk(tmp_path)
    shim = _Shim(disk)
    shim.mount()
    try:
        yield disk
    finally:
        shim.unmount()


@pytest.fixture
async def stored(disk: Disk, database_file: Path) -> AsyncIterator[Database]:
    """A database on that disk."""
    disk.keep(database_file)
    database = open_database(url_of(database_file))
    yield database
    await database.close()
