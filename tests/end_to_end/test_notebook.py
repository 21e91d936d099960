"""The notebook runs from top to bottom, without Jupyter, and what is stored in it is whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
NOTEBOOK = ROOT / "docs" / "neural_style_transfer.ipynb"
LARGEST = 1_500_000
FOREIGN = re.compile(r"(?<![\w.])/(?:work|tmp|home|root|usr|opt|mnt|Users)/|[A-Z]:\\\\Users")

# Runs the cells as a kernel would, one after the other in one namespace, and tells what came of it.
KERNEL = """
import json, sys, traceback
from pathlib import Path

namespace = {"__name__": "__main__"}
for number, cell in enumerate(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["cells"]):
    if cell["cell_type"] == "code":
        source = "".join(cell["source"])
        try:
            exec(compile(source, f"<cell {number}>", "exec"), namespace)
        except Exception:
            traceback.print_exc()
            sys.exit(f"Cell {number} ({cell['id']}) failed:\\n{source}")

from matplotlib import pyplot

drawn = [axes for number in pyplot.get_fignums() for axes in pyplot.figure(number).axes]
result = {
    "curves": [line.get_label() for axes in drawn for line in axes.lines if len(line.get_ydata()) > 2],
    "pictures": sum(len(axes.images) for axes in drawn),
    "losses": namespace["painted"].summary.losses,
    "size": namespace["painted"].picture.size,
    "descents": {name: losses for name, (losses, _) in namespace["descents"].items()},
    "scores": {name: score.total for name, score in namespace["scores"].items()},
    "gradient": namespace["difference"].item(),
}
Path(sys.argv[2]).write_text(json.dumps(result))
"""


def cells(kind: str) -> list[dict[str, Any]]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def execute(notebook: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run all code cells in a fresh process, in the notebook's own folder as Jupyter does, at tiny size."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "Agg",
        "ATELIER_NOTEBOOK_SIZE": "48",
        "ATELIER_NOTEBOOK_STEPS": "4",
    }
    command = [sys.executable, "-c", KERNEL, str(notebook), str(out)]
    return subprocess.run(command, cwd=NOTEBOOK.parent, env=environment, capture_output=True, text=True, timeout=600)


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    done = execute(NOTEBOOK, tmp_path / "result.json")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())

    assert result["size"] == [48, 27]
    assert len(result["losses"]["total"]) == 5
    assert result["losses"]["total"][-1] < result["losses"]["total"][0] / 2
    assert {"content", "style", "total", "needed", *result["descents"]} <= set(result["curves"])
    assert result["pictures"] > 20
    assert result["gradient"] < 1e-4
    assert result["scores"]["the engine"] < result["scores"]["the photo"]
    assert len(result["descents"]) == 4
    for name in ("gradient descent", "L-BFGS", "L-BFGS in frequencies"):
        assert result["descents"][name][-1] < result["descents"][name][0], name


def test_a_cell_that_fails_is_named_with_its_text(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ipynb"
    broken.write_text(json.dumps({"cells": [{"id": "bad", "cell_type": "code", "source": ["side = 0\n", "1 / side"]}]}))
    done = execute(broken, tmp_path / "result.json")
    assert done.returncode != 0
    assert "Cell 0 (bad) failed:\nside = 0\n1 / side" in done.stderr
    assert "ZeroDivisionError" in done.stderr


def test_the_stored_notebook_is_of_its_format() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", each) for each in ids)


def test_the_stored_outputs_are_those_of_one_whole_run() -> None:
    code = cells("code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"display_data", "execute_result"}
    assert sum("image/png" in output["data"] for output in outputs) >= 12


def test_the_stored_notebook_is_small_and_says_nothing_of_the_machine_it_ran_on() -> None:
    assert NOTEBOOK.stat().st_size < LARGEST
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    texts = [json.dumps(notebook["metadata"])]
    for cell in notebook["cells"]:
        texts += ["".join(cell["source"]), json.dumps(cell["metadata"])]
        for output in cell.get("outputs", []):
            data = {**output.get("data", {}), "stream": output.get("text", "")}
            texts += ["".join(text) for kind, text in data.items() if not kind.startswith("image/")]
    assert not [text for text in texts if FOREIGN.search(text)]


def test_the_documents_that_the_notebook_points_to_exist() -> None:
    text = "\n".join("".join(cell["source"]) for cell in cells("markdown"))
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert "options.md" in links
    assert not [link for link in links if not (NOTEBOOK.parent / link).exists()]
