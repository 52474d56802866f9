# SPDX-License-Identifier: Apache-2.0
"""The model knows nothing of the simulator or the bench, so that agreement with the RTL means something."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parents[1]
FORBIDDEN = {"cocotb", "cocotb_bus", "cocotb_tools", "cocotbext", "pyuvm", "tb", "rtl", "regressions"}
FILES = sorted(MODELS.rglob("*.py"))


def imported(source):
    """Names of the top-level packages that a source imports, by import statement, `__import__` or
    `import_module`.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("__import__", "import_module") and isinstance(node.args[0].value, str):
                found.add(node.args[0].value.split(".")[0])
    return found


def test_the_walk_finds_imports_of_every_kind():
    source = "import cocotb.triggers as t\nfrom tb import env\ndef f():\n import_module('pyuvm.x')\n"
    assert imported(source) == {"cocotb", "tb", "pyuvm"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(MODELS)))
def test_no_file_imports_the_bench_or_a_simulator(path):
    assert not imported(path.read_text(encoding="utf-8")) & FORBIDDEN


def test_machine_and_reference_do_not_lean_on_each_other():
    names = {path.name: path.read_text(encoding="utf-8") for path in FILES}
    own = {"models.network"}  # what a network is may be shared, what it computes may not
    used = {
        node.module
        for node in ast.walk(ast.parse(names["reference.py"]))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {module for module in used if module.startswith("models")} <= own
    for name, source in names.items():
        if name.startswith("machine") or name == "numerics.py":
            assert "models.reference" not in source
            assert "models.compiler" not in source
            assert "models.schedule" not in source


def test_importing_the_model_loads_no_simulator():
    modules = [f"models.{path.stem}" for path in sorted(MODELS.glob("*.py")) if path.stem != "__init__"]
    code = f"import sys, importlib\nfor m in {modules!r}:\n importlib.import_module(m)\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=MODELS.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "models" in loaded
    assert not loaded & FORBIDDEN
