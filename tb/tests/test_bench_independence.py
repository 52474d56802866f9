# SPDX-License-Identifier: Apache-2.0
"""What decodes words must not reach the model; only tb/bfm.py may touch the simulator; private is private."""

import ast
import subprocess
import sys
from pathlib import Path

TB = Path(__file__).resolve().parents[1]
ROOT = TB.parent


def imported(path: Path) -> set[str]:
    """The modules that a file names in import statements."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path.name}: a relative import hides what it reaches"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def reached(module: str) -> set[str]:
    """All project modules that importing ``module`` loads, found by importing it alone."""
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_decoding_does_not_reach_the_model():
    loaded = reached("tb.decode")
    assert "tb.decode" in loaded
    assert not [name for name in loaded if name.partition(".")[0] in ("models", "cocotb", "pyuvm")]
    # Nor by an import inside a function of anything it loads.
    for name in loaded:
        if name.startswith("tb"):
            path = ROOT / Path(*name.split("."))
            file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            assert not [n for n in imported(file) if n and n.partition(".")[0] == "models"], name


def test_the_model_side_is_told_apart():
    # The same probe does find the model where it is used, so the test above can fail.
    assert any(name.startswith("models") for name in reached("tb.expected"))


def test_only_the_bfm_touches_the_simulator():
    for path in TB.rglob("*.py"):
        if "tests" in path.parts or path.name == "bfm.py":
            continue
        text = path.read_text()
        assert "ctypes" not in text, path
        # The test of the pins has no harness: it hands its own top, mur_top, to tb/pins/.
        assert "cocotb.top" not in text or path == TB / "tests_sim" / "pins.py", path


def private(text: str) -> list[str]:
    """Where ``text`` reaches for a private attribute of something else than itself."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.endswith("__")
        and ast.unparse(node.value) not in ("self", "super()")
    ]


def test_nobody_reaches_into_another():
    # A cover item tells its parent by this: cocotb-coverage documents no other way.
    documented = {TB / "coverage" / "bins.py": ["self._parent._update_size"]}
    for path in TB.rglob("*.py"):
        if "tests" not in path.parts:
            assert private(path.read_text()) == documented.get(path, []), path
    assert private("queue._queue, self._mine, super()._ours, kind.__mro__") == ["queue._queue"]
