"""The same bot with Redis between it and a worker in a process of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.requests import Options, StylizeRequest
from tests.bot.test_studio import answer_of, until_running
from tests.conftest import OpenAtelier
from tests.standins.redis_server import redis_server

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
async def test_a_job_is_painted_and_cancelled_by_a_worker_elsewhere(
    tmp_path: Path, open_bot: OpenAtelier, photo: bytes
) -> None:
    with redis_server(tmp_path) as url:
        storage = {"ATELIER_STORAGE__PATH": str(tmp_path / "worker"), "ATELIER_STORAGE__BLOBS": str(tmp_path / "blobs")}
        environ = {**os.environ, **storage, "ATELIER_QUEUE__URL": url}
        command = [sys.executable, "-m", "bot", "worker"]
        with subprocess.Popen(command, cwd=ROOT, env={**environ, "ATELIER_ENGINE__DEVICE": "cpu"}) as worker:
            try:
                await _stylize_and_cancel(open_bot, url, tmp_path / "blobs", photo)
            finally:
                worker.terminate()
            assert await asyncio.to_thread(worker.wait, 30) == 0


async def _stylize_and_cancel(open_bot: OpenAtelier, url: str, blobs: Path, photo: bytes) -> None:
    storage = {"path": blobs.parent / "front", "blobs": str(blobs)}
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
