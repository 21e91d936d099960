"""A real Redis of our own on a free loopback port, with the durability that the operations page asks for."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Runs Redis in `folder` and yields its address; skips the test, saying why, when there is none."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.kill()


class RedisServer:
    """A Redis that can be killed and started again at the same address, with what it knew or without."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server")
        if self._program is None:
            pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[str] | None = None
        self._is_ready = False
        self.url = f"redis://127.0.0.1:{self._port}/0"

    @property
    def pid(self) -> int | None:
        """Its process id while it is ready."""
        return None if self._process is None or not self._is_ready else self._process.pid

    def start(self) -> None:
        """Have it running and ready."""
        options = {
            "port": self._port,
            "bind": "127.0.0.1",
            "dir": self._folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
        }
        parts = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        self._process = subprocess.Popen([str(self._program), *parts], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                self._is_ready = True
                return
        raise RuntimeError("redis-server did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._is_ready = False
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.communicate()

    def forget(self) -> None:
        """Remove what a killed one knew."""
        shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
