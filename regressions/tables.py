# SPDX-License-Identifier: Apache-2.0
"""Files of tables, TOML or JSON, held to a schema: whatever is wrong is one line with file, table and key.

A schema is what a value must be: a `Leaf`, ``[schema]`` for a list, or a dict from key to schema for a table,
in which ``key?`` may be absent and ``*`` stands for every other key.
"""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regressions.paths import shown
from regressions.registry import MOST_DIGITS, RegistryError, near

SHOWN = 60  # characters of a wrong value


@dataclass(frozen=True)
class Leaf:
    """A value without parts: what it is in words, and whether a value is one."""

    told: str
    right: Callable[[Any], bool]


ANY = Leaf("anything", lambda value: True)
TEXT = Leaf("text", lambda value: type(value) is str)
WORDS = Leaf("text that is not empty", lambda value: type(value) is str and value.strip() != "")
FLAG = Leaf("true or false", lambda value: type(value) is bool)
WHOLE = Leaf(
    f"a whole number of 0 or more, of at most {MOST_DIGITS} digits",
    lambda value: type(value) is int and 0 <= value < 10**MOST_DIGITS,
)
NUMBER = Leaf("a number", lambda value: type(value) in (int, float))
PERCENT = Leaf("0 to 100 per cent", lambda value: type(value) in (int, float) and 0 <= value <= 100)
SETTING = Leaf("text, a whole number, true or false", lambda value: type(value) in (str, int, bool))
Schema = Leaf | list | dict


def one_of(*texts: str) -> Leaf:
    """One of these texts."""
    return Leaf(f"one of {', '.join(texts)}", lambda value: type(value) is str and value in texts)


def parse(path: Path) -> Any:
    """What is in the file ``path``, JSON or TOML by its name. Raises RegistryError when it is neither."""
    json_file = path.suffix == ".json"
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if json_file else tomllib.loads(text)
    except OSError as error:
        raise RegistryError(f"{shown(path)}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"{shown(path)}: not {'JSON' if json_file else 'TOML'}: {error}") from None


def read(path: Path, schema: Schema) -> Any:
    """What is in ``path``, held to ``schema``. Raises RegistryError."""
    data = parse(path)
    check(data, schema, shown(path))
    return data


def check(value: Any, schema: Schema, where: str) -> None:
    """Raise RegistryError, which begins with ``where``, unless ``value`` is as ``schema`` wants."""
    if isinstance(schema, Leaf):
        if not schema.right(value):
            raise RegistryError(f"{where} = {_short(value)}: want {schema.told}")
    elif isinstance(schema, list):
        if not isinstance(value, list):
            raise RegistryError(f"{where} = {_short(value)}: want a list")
        for number, entry in enumerate(value, 1):
            check(entry, schema[0], f"{where} {number}")
    else:
        _table(value, schema, where)


def _table(value: Any, schema: dict, where: str) -> None:
    if not isinstance(value, dict):
        raise RegistryError(f"{where} = {_short(value)}: want a table")
    known = {key.removesuffix("?"): wanted for key, wanted in schema.items()}
    seen: set[str] = set()
    for key, entry in value.items():
        if key not in known and "*" not in known:
            raise RegistryError(f"{where}: no key {key!r}, {near(key, known)}")
        if key.lower() in seen:
            raise RegistryError(f"{where}: {key} is there twice, in capitals and not")
        seen.add(key.lower())
        check(entry, known.get(key, known.get("*", ANY)), f"{where}: {key}")
    for key in schema:
        if key != "*" and not key.endswith("?") and key not in value:
            raise RegistryError(f"{where}: {key} is missing")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
