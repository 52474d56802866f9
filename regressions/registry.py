# SPDX-License-Identifier: Apache-2.0
"""The list of tests that can be run by name: ``tests.toml`` read, checked and searched."""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from models.formats import BuildConfig
from regressions.paths import ROOT, shown

TESTS = Path(__file__).with_name("tests.toml")
MOST_DIGITS = 18
Value = int | str | bool
Legal = str | list[int]  # "1..1000", "1..frames", or what it may be


class RegistryError(Exception):
    """A name or a value that no test has, or a mistake in the list; one line for the user."""


@dataclass(frozen=True)
class Build:
    """One top-level module with what it is compiled from."""

    top: str
    sources: tuple[Path, ...]
    dpi_sources: tuple[Path, ...] = ()
    include_dirs: tuple[Path, ...] = ()
    extra_args: tuple[str, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Test:
    """One test: the cocotb test ``cls`` of ``module``, run on ``build``."""

    name: str
    about: str
    module: str
    cls: str
    build: Build
    params: Mapping[str, Value]
    limit_s: float
    prepare: str = ""  # "module:function", see launch.py
    legal: Mapping[str, Legal] = field(default_factory=dict)  # for every number of params


def load(path: Path = TESTS) -> dict[str, Test]:
    """Return the tests of the list at ``path`` by name. Raises RegistryError on a mistake in it."""
    data = tomllib.loads(path.read_text())
    builds = {name: _build(entry) for name, entry in data.get("builds", {}).items()}
    tests = {}
    for name, entry in data.get("tests", {}).items():
        try:
            build = builds[entry["build"]]
            tests[name] = Test(
                name=name,
                about=entry["about"],
                module=entry["module"],
                cls=entry["class"],
                build=replace(build, params={**build.params, **entry.get("build_params", {})}),
                params=entry.get("params", {}),
                limit_s=float(entry.get("limit_s", 600)),
                prepare=entry.get("prepare", ""),
                legal=entry.get("legal", {}),
            )
        except KeyError as missing:
            raise RegistryError(f"{shown(path)}: test {name!r} lacks {missing}") from None
        numbers = {key for key, value in tests[name].params.items() if type(value) is int}
        for key in sorted(numbers ^ set(tests[name].legal)):
            raise RegistryError(f"{shown(path)}: test {name!r}: {key} wants both a number and what is legal")
    return tests


def _build(entry: Mapping) -> Build:
    return Build(
        top=entry["top"],
        sources=_files(entry["sources"]),
        dpi_sources=_files(entry.get("dpi_sources", ())),
        include_dirs=tuple(ROOT / folder for folder in entry.get("include_dirs", ())),
        extra_args=tuple(entry.get("extra_args", ())),
        params=entry.get("params", {}),
    )


def _files(patterns: Sequence[str]) -> tuple[Path, ...]:
    """Return the files of ``patterns`` in their order. A ``.f`` file is a list: a path from the root a line.

    What is not there stays in the list, so that the build names it.
    """
    files: dict[Path, None] = {}
    for pattern in patterns:
        if pattern.endswith(".f") and (ROOT / pattern).is_file():
            lines = (line.partition("//")[0].strip() for line in (ROOT / pattern).read_text().splitlines())
            files |= dict.fromkeys(ROOT / line for line in lines if line)
        else:
            files |= dict.fromkeys(sorted(ROOT.glob(pattern)) or [ROOT / pattern])
    return tuple(files)


def find(tests: Mapping[str, Test], name: str) -> Test:
    """Return the test called ``name``; RegistryError names the nearest ones."""
    if name in tests:
        return tests[name]
    raise RegistryError(f"TEST={name}: no such test, {near(name, tests)}")


def configure(test: Test, settings: Mapping[str, str]) -> Test:
    """Return ``test`` with ``settings`` (texts, keys in any case) over its own and its build's parameters.

    Raises RegistryError on a key that neither has, or a value that is not of the default's type or not legal.
    """
    own, built = dict(test.params), dict(test.build.params)
    homes = {key.lower(): (home, key) for home in (built, own) for key in home}
    for key, text in settings.items():
        if key.lower() not in homes:
            raise RegistryError(
                f"{key}={text}: test {test.name} has no such setting, {near(key.lower(), homes)}"
            )
        home, name = homes[key.lower()]
        home[name] = _typed(key, text, home[name])
        if home is own and text == "":
            raise RegistryError(f"{key}=: empty, want a value")
    _check_own(test.legal, own)
    _check_build(built)
    return replace(test, params=own, build=replace(test.build, params=built))


def _check_own(legal: Mapping[str, Legal], params: Mapping[str, Value]) -> None:
    """RegistryError for a number that is not ``legal``; a range may end at the value of another setting."""
    for name, want in legal.items():
        value = params[name]
        assert isinstance(value, int)
        if isinstance(want, list):
            right, told = value in want, f"one of {', '.join(map(str, want))}"
        else:
            low, _, high = want.partition("..")
            top = params.get(high, high)
            right, told = int(low) <= value <= int(top), f"{low} to {top}"
            if high in params:
                told += f", which is {high.upper()}"
        if not right:
            raise RegistryError(f"{name.upper()}={value}: want {told}")


def _check_build(params: Mapping[str, Value]) -> None:
    """RegistryError for parameters of the machine that it cannot be built with."""
    names = {field.name: field.name.upper() for field in fields(BuildConfig)}
    if not set(names.values()) <= set(params):
        return  # not the machine
    try:
        numbers: dict[str, Any] = {name: params[key] for name, key in names.items()}
        BuildConfig(**numbers)
    except ValueError as error:
        text = str(error)
        for name, key in names.items():
            text = re.sub(rf"\b{name}\b(?= (?:is )?\d)", key, text)
        raise RegistryError(text) from None


def name_of(key: str, text: str, names: Collection[str]) -> str:
    """Return ``text``, one of ``names`` or empty; RegistryError for another."""
    if text and text not in names:
        raise RegistryError(f"{key}={text}: no such {key.lower()}, {near(text, names)}")
    return text


def switch(key: str, text: str) -> bool:
    """Return whether ``text`` says yes; RegistryError when it says neither yes nor no."""
    if text.lower() in ("1", "0", "true", "false", "yes", "no", "on", "off"):
        return text.lower() in ("1", "true", "yes", "on")
    raise RegistryError(f"{key}={text}: want 0 or 1")


def _typed(key: str, text: str, default: Value) -> Value:
    if isinstance(default, bool):
        return switch(key, text)
    return text if isinstance(default, str) else number(key, text)


def number(key: str, text: str) -> int:
    """Return the whole number ``text``; RegistryError for what only Python takes for one, as `1_6`."""
    if not re.fullmatch(r"-?[0-9]+", text):
        raise RegistryError(f"{key}={text}: want a whole number in decimal digits")
    if len(text) > MOST_DIGITS:
        raise RegistryError(f"{key}={text}: want at most {MOST_DIGITS} digits")
    return int(text)


def near(name: str, names: Collection[str]) -> str:
    """The names that are nearest to ``name``, or all."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(sorted(names)) or 'none'}"
