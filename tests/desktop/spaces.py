"""A network namespace behind a cable that can be pulled, with addresses that change: for root on Linux."""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any, Self

import pytest

from desktop.connection import LinkThread

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count(os.getpid() % 60)


class Space:
    """Programs of a LinkThread started through `thread` live behind the cable. `host` is our end of it."""

    def __init__(self) -> None:
        if os.geteuid() != 0 or shutil.which("ip") is None:
            pytest.skip("namespaces need root and iproute2")
        self._name = f"bh{os.getpid()}-{next(_numbers)}"
        self.host = f"10.{77 + next(_numbers) % 100}.{os.getpid() % 250}.1"
        self._net = self.host.rpartition(".")[0]
        outer = f"v{os.getpid()}o"
        try:
            _run("ip", "netns", "add", self._name)
        except subprocess.CalledProcessError:
            pytest.skip("this machine allows no namespaces")
        self._outer = outer
        _run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", self._name)
        _run("ip", "addr", "add", f"{self.host}/24", "dev", outer)
        _run("ip", "link", "set", outer, "up")
        self._in("ip", "link", "set", "lo", "up")
        self._in("ip", "link", "set", "eth0", "up")
        self.address(2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["ip", "netns", "del", self._name], check=False)
        subprocess.run(["ip", "link", "del", self._outer], check=False, stderr=subprocess.DEVNULL)

    def address(self, last: int, *, instead_of: int | None = None) -> str:
        """Give the inner end the address .`last`, and take one away."""
        self._in("ip", "addr", "add", f"{self._net}.{last}/24", "dev", "eth0")
        if instead_of is not None:
            self._in("ip", "addr", "del", f"{self._net}.{instead_of}/24", "dev", "eth0")
            # A secondary address of the same network goes with its primary one.
            again = ["ip", "netns", "exec", self._name, "ip", "addr", "add", f"{self._net}.{last}/24"]
            subprocess.run([*again, "dev", "eth0"], check=False, stderr=subprocess.DEVNULL)
        return f"{self._net}.{last}"

    def cable(self, plugged: bool) -> None:
        """Pull the cable at our end, or plug it in: the inner end does not hear of it at once."""
        _run("ip", "link", "set", self._outer, "up" if plugged else "down")

    def thread(self, name: str) -> LinkThread:
        """A link thread whose sockets are in the namespace."""
        return in_space(self._name, name)

    def _in(self, *command: str) -> None:
        _run("ip", "netns", "exec", self._name, *command)


def in_space(space: str, name: str) -> LinkThread:
    """A link thread whose sockets are in a namespace."""
    return _InSpace(space, name)


class _InSpace(LinkThread):
    def __init__(self, space: str, name: str) -> None:
        super().__init__(name)
        self._space = space

    def run(self) -> None:
        enter(self._space)
        super().run()

    def run_aside(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        def inside() -> Any:
            enter(self._space)
            return work()

        super().run_aside(inside, done)


def enter(space: str) -> None:
    """Move the calling thread, and no other, into a namespace."""
    handle = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(handle, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(handle)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
