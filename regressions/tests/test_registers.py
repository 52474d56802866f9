# SPDX-License-Identifier: Apache-2.0
"""The register description against its repeats (derived files, errors, version), and the file list."""

import importlib.util
import re
import tomllib
from types import ModuleType

import pytest

from regressions.paths import ROOT
from tb import mur_regs


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "rtl/regs/generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_derived_files_are_current(generator):
    made = generator.generate()
    assert len(made) == 5
    stale = [str(path) for path, text in made.items() if (ROOT / path).read_text() != text]
    assert not stale, f"run rtl/regs/generate.py: {stale} differ from mur_regs.rdl"


def test_generation_repeats(generator):
    assert generator.generate() == generator.generate()


def test_error_bits_are_those_of_the_specification():
    table = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", (ROOT / "docs/program.md").read_text(), re.M)
    assert len(table) == 12
    assert {name.lower(): int(bit) for bit, name in table} == {
        name: field.lsb for name, field in mur_regs.ERROR.fields.items()
    }


def test_error_codes_of_the_package_are_the_bits():
    package = (ROOT / "rtl/mur_pkg.sv").read_text()
    codes = {
        re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower(): int(code)
        for name, code in re.findall(r"\bErr([A-Z]\w+)\s*=\s*4'd(\d+)", package)
    }
    assert codes == {name: field.lsb for name, field in mur_regs.ERROR.fields.items()}


def test_every_counter_of_the_ledger_has_its_pair():
    named = re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs/ledger.md").read_text(), re.M)
    named += ["EVENTS1", *(f"SPIKES{tag}" for tag in range(8))]
    assert len(named) == 18
    for name in set(named) - {"FRAMES"}:
        low, high = mur_regs.REGISTERS[f"{name}_LO"], mur_regs.REGISTERS[f"{name}_HI"]
        assert high.address == low.address + 4
        assert (low.fields["value"].width, high.fields["value"].width) == (32, 16)
    assert mur_regs.FRAMES.fields["value"].width == 32


def test_registers_do_not_overlap():
    addresses = [register.address for register in mur_regs.REGISTERS.values()]
    assert len(set(addresses)) == len(addresses) > 40
    assert all(address % 4 == 0 for address in addresses)
    for register in mur_regs.REGISTERS.values():
        masks = [field.mask for field in register.fields.values()]
        assert sum(masks) < 2**32
        assert sum(mask.bit_count() for mask in masks) == sum(masks).bit_count()


def test_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    fields = mur_regs.VERSION.fields
    parts = [fields[part].get(mur_regs.VERSION.reset) for part in ("major", "minor", "patch")]
    assert ".".join(map(str, parts)) == project["version"]


def test_file_list_names_every_source_once():
    lines = (ROOT / "rtl/murmur.f").read_text().splitlines()
    listed = [line.strip() for line in lines if line.strip() and not line.startswith("//")]
    sources = [*(ROOT / "rtl").rglob("*.sv"), *(ROOT / "rtl").rglob("*.vlt")]
    assert sorted(listed) == sorted(str(path.relative_to(ROOT)) for path in sources)
    assert listed.index("rtl/mur_pkg.sv") < min(
        at for at, name in enumerate(listed) if name.endswith(".sv") and not name.endswith("_pkg.sv")
    )
