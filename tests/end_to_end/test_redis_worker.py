"""The same bot with Redis between it and a worker in a process of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.requests import Options, StylizeRequest
from tests.bot.test_studio import answer_of, until_running
from tests.conftest import OpenAtelier
from tests.standins.redis_server import redis_server
from tests.standins.s3_server import BUCKET, CREDENTIALS, s3_server

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("store", ["folder", "s3"])
async def test_a_job_is_painted_and_cancelled_by_a_worker_elsewhere(
    tmp_path: Path, open_bot: OpenAtelier, photo: bytes, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_server(tmp_path) as url, ExitStack() as stack:
        storage = {"blobs": str(tmp_path / "blobs")}
        if store == "s3":
            storage = {"blobs": f"s3://{BUCKET}/jobs", "s3_endpoint": stack.enter_context(s3_server())}
            for name, value in CREDENTIALS.items():
                monkeypatch.setenv(name, value)
        environ = {f"ATELIER_STORAGE__{name.upper()}": value for name, value in storage.items()}
        environ |= {"ATELIER_STORAGE__PATH": str(tmp_path / "worker"), "ATELIER_QUEUE__URL": url}
        environ |= {**os.environ, "ATELIER_ENGINE__DEVICE": "cpu"}
        with subprocess.Popen([sys.executable, "-m", "bot", "worker"], cwd=ROOT, env=environ) as worker:
            try:
                await _stylize_and_cancel(open_bot, url, {"path": tmp_path / "front", **storage}, photo)
            finally:
                worker.terminate()
            assert await asyncio.to_thread(worker.wait, 30) == 0


async def _stylize_and_cancel(open_bot: OpenAtelier, url: str, storage: dict[str, Any], photo: bytes) -> None:
    async with open_bot(queue={"url": url}, storage=storage) as atelier:
        job = await atelier.studio.submit(StylizeRequest("test", "here", "ann", "1", photo, ("waves",)))
        assert (await answer_of(atelier, job.id)).state == "done"
        request = StylizeRequest("test", "here", "ann", "2", photo, ("waves",), options=Options(steps=5000))
        job = await atelier.studio.submit(request)
        await until_running(atelier, job.id)
        assert await atelier.studio.cancel(job.id, "ann")
        job = await atelier.studio.submit(StylizeRequest("test", "here", "ann", "3", photo, ("waves",)))
        assert (await answer_of(atelier, job.id)).state == "done"


def test_a_worker_without_redis_is_told_what_to_do(tmp_path: Path) -> None:
    environ = {**os.environ, "ATELIER_STORAGE__PATH": str(tmp_path)}
    command = [sys.executable, "-m", "bot", "worker"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "atelier: With queue.url memory:// the bot is its own worker; set queue.url to redis://... first.\n"
    )
