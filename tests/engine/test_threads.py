"""Threads wait without spinning and are no more than the cores for them, tried in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nst_engine.threads import usable_cores

ROOT = Path(__file__).parents[2]


def said_by(code: str, cores: int = 1, **variables: str) -> tuple[str, str]:
    """What a program prints, on both channels, in an environment without choices of threads but these."""
    chosen = {name for name in os.environ if name.startswith(("OMP_", "MKL_", "GOMP_"))}
    environment = {name: value for name, value in os.environ.items() if name not in chosen} | variables
    pinned = f"import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}]); "
    command = [sys.executable, "-c", pinned + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    return done.stdout.strip(), done.stderr


@pytest.mark.parametrize("module", ["nst_engine", "nst_engine.settings", "bot.commands.stylize", "bot.commands.score"])
def test_whoever_imports_the_engine_has_threads_that_wait_passively(module: str) -> None:
    code = f"import {module}; import os; print(os.environ['OMP_WAIT_POLICY'])"
    assert said_by(code)[0] == "PASSIVE"
    assert said_by(code, OMP_WAIT_POLICY="ACTIVE")[0] == "ACTIVE"


def test_that_costs_neither_torch_nor_numpy() -> None:
    code = "import nst_engine, sys; print({'torch', 'numpy'} & sys.modules.keys())"
    assert said_by(code)[0] == "set()"


def test_openmp_itself_has_heard_of_it_if_torch_came_later() -> None:
    """OpenMP's library tells how it will wait when it is loaded; what is set after that it does not read."""
    told = "GOMP_SPINCOUNT = '0'"
    assert told in said_by("import nst_engine, torch", OMP_DISPLAY_ENV="VERBOSE")[1]
    assert told not in said_by("import torch, nst_engine", OMP_DISPLAY_ENV="VERBOSE")[1]


def group_of(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def cores(groups: Path, own: str) -> int:
    own_groups = groups / "own"
    own_groups.write_text(own)
    return usable_cores(groups, own_groups)


def test_quotas_of_control_groups_are_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert cores(tmp_path, "0::/\n") == 8
    group_of(tmp_path, cpu__max="max 100000\n")
    assert cores(tmp_path, "0::/\n") == 8
    group_of(tmp_path / "a", cpu__max="250000 100000\n")
    group_of(tmp_path / "a/b", cpu__max="600000 100000\n")
    assert cores(tmp_path, "0::/a/b\n") == 3
    assert cores(tmp_path, "0::/a/b/not_here\n") == 3
    group_of(tmp_path / "a/b", cpu__max="20000 100000\n")
    assert cores(tmp_path, "0::/a/b\n") == 1
    group_of(tmp_path / "a/b", cpu__max="damaged\n")
    assert cores(tmp_path, "0::/a/b\n") == 3


@pytest.mark.parametrize("name", ["cpu", "cpu,cpuacct"])
def test_quotas_of_the_first_version_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    group_of(tmp_path / name, cpu__cfs_quota_us="-1\n", cpu__cfs_period_us="100000\n")
    assert cores(tmp_path, f"4:{name}:/docker/1\n3:memory:/x\n0::/\n") == 8
    group_of(tmp_path / name, cpu__cfs_quota_us="150000\n", cpu__cfs_period_us="100000\n")
    assert cores(tmp_path, f"4:{name}:/docker/1\n3:memory:/x\n0::/\n") == 2
    group_of(tmp_path / name / "docker/1", cpu__cfs_quota_us="50000\n", cpu__cfs_period_us="50000\n")
    assert cores(tmp_path, f"4:{name}:/docker/1\n3:memory:/x\n0::/\n") == 1


@pytest.mark.slow
def test_an_engine_has_no_more_threads_than_cores(tmp_path: Path) -> None:
    """Torch is told of 8 threads beforehand, as many as it takes by itself on a machine of 8 cores."""
    (tmp_path / "own").write_text("0::/\n")
    faked = f"threads.usable_cores.__defaults__ = Path({str(tmp_path)!r}), Path({str(tmp_path / 'own')!r}); "
    code = (
        f"from pathlib import Path; from nst_engine import Engine, threads; {faked}"
        "import torch; torch.set_num_threads(8); Engine('cpu', 'float32'); print(torch.get_num_threads())"
    )
    most = len(os.sched_getaffinity(0))
    assert said_by(code)[0] == "1"
    assert said_by(code, OMP_NUM_THREADS="3")[0] == "8"
    assert said_by(code, cores=most)[0] == str(min(8, most))
    group_of(tmp_path, cpu__max="100000 100000")
    assert said_by(code, cores=most)[0] == "1"
