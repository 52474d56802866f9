# SPDX-License-Identifier: Apache-2.0
"""Network files: NAME.safetensors holds the numbers, NAME.json beside it says what they are.

The format is docs/weights.md, which is normative.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from models.network import LifLayer, Network, OutputLayer
from models.text import one_line

FORMAT, VERSION = "murmur-network", 1
WEIGHTS = Path(__file__).with_name("weights")  # the networks that the project ships
# What decides which words a file hears; the .safetensors holds a checksum of it.
BOUND = ("task", "labels", "features", "network")
_NETWORK = ("n_inputs", "in_signed", "in_min", "in_max", "steps", "recurrence")
_LAYER = ("name", "shift_in", "shift_rec", "leak", "soft")
_OUTPUT = ("name", "shift", "merged", "result")


@dataclass(frozen=True)
class Trained:
    """A network with its card (docs/weights.md) and the float arrays that it came from, by name, if any."""

    network: Network
    card: dict[str, Any]
    floats: dict[str, np.ndarray]

    @property
    def task(self) -> str:
        """What it was trained for; "" when nobody says."""
        return self.card["task"]

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each score; none when the scores have no names."""
        return tuple(self.card["labels"])


def beside(path: Path) -> Path:
    """The .json of a .safetensors file."""
    return path.with_suffix(".json")


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Write files beside where they belong, then rename them: a reader sees no half of one.

    OSError names the file; nothing is changed then.
    """
    parts = {path: path.with_name(f".{os.getpid()}.{path.name}") for path in contents}
    try:
        for path, part in parts.items():
            try:
                part.write_bytes(contents[path])
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from None
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def arrays(network: Network) -> dict[str, np.ndarray]:
    """The integer arrays of a network under their names in the file; masks are uint8, 0 or 1."""
    found: dict[str, np.ndarray | None] = {}
    for layer in network.layers:
        for key in ("w_in", "w_rec", "mask_in", "mask_rec", "theta", "bias"):
            found[f"{layer.name}.{key}"] = getattr(layer, key)
    for key in ("w", "mask", "bias"):
        found[f"{network.output.name}.{key}"] = getattr(network.output, key)
    return {
        # safetensors keeps bytes as they lie, whatever the order of the axes.
        name: np.ascontiguousarray(array.astype(np.uint8) if array.dtype == np.bool_ else array)
        for name, array in found.items()
        if array is not None
    }


def _described(network: Network) -> dict[str, Any]:
    """The JSON of a network: everything but its arrays."""
    return {
        **{key: getattr(network, key) for key in _NETWORK},
        "layers": [
            {
                **{key: getattr(layer, key) for key in _LAYER},
                "n": layer.n,
                "recurrent": layer.w_rec is not None,
            }
            for layer in network.layers
        ],
        "output": {**{key: getattr(network.output, key) for key in _OUTPUT}, "n": network.output.n},
    }


def _checksum(card: Mapping[str, Any]) -> str:
    text = json.dumps({key: card[key] for key in BOUND}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def save(
    path: Path, network: Network, card: Mapping[str, Any], floats: Mapping[str, np.ndarray] | None = None
) -> None:
    """Write `path` (.safetensors) and its .json. `card` holds what docs/weights.md lists, `network` apart.

    ValueError when the card is not one; OSError names what cannot be written. Nothing is half-written.
    """
    path, floats = Path(path), dict(floats or {})
    whole = {
        "format": FORMAT, "version": VERSION, "task": "", "name": network.name, "labels": [],
        "features": None, "float": None, "trained_on": {"speakers": [], "sounds": []},
        **card, "network": _described(network),
    }  # fmt: skip
    held = arrays(network) | {f"float.{name}": np.array(x, order="C") for name, x in floats.items()}
    # One entry, because those of a header come in no fixed order.
    data = safetensors.numpy.save(held, {FORMAT: f"{VERSION} {_checksum(whole)}"})
    whole["sha256"] = hashlib.sha256(data).hexdigest()
    try:
        _trained(held, whole)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    text = json.dumps(whole, indent=2)
    text = re.sub(r'"(sounds|labels)": \[[^]]*\]', lambda found: " ".join(found[0].split()), text)
    replace_files({path: data, beside(path): (text + "\n").encode()})


def load(path: Path) -> Trained:
    """The network in a .safetensors file with its .json. ValueError, one line that names the file, when
    either is missing, damaged, of another format, version, shape, type or range, or not the other's.
    """
    path = Path(path)
    try:
        return _load(path)
    except ValueError as error:
        text = str(error)
        raise ValueError(one_line(text if text.startswith(str(path.parent)) else f"{path}: {text}")) from None


def _read(path: Path, why: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ValueError(f"{path} is missing{why}") from None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None


def _load(path: Path) -> Trained:
    if path.suffix != ".safetensors":
        raise ValueError(f"named {path.name}, want a network file, NAME.safetensors with NAME.json beside it")
    data = _read(path, "")
    try:
        held = safetensors.numpy.load(data)
        size = int.from_bytes(data[:8], "little")  # of its header, JSON
        mark = json.loads(data[8 : 8 + size]).get("__metadata__", {}).get(FORMAT)
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is damaged, or not a .safetensors file: {error}") from None
    if mark is None:
        raise ValueError(f"is no network of murmur: its header has no {FORMAT}")
    version, _, checksum = mark.partition(" ")
    if version != str(VERSION):
        raise ValueError(f"has version {version}, want {VERSION}: make it anew (docs/weights.md)")
    card = _card(path)
    if card["sha256"] != (found := hashlib.sha256(data).hexdigest()):
        raise ValueError(f"is not the file that {beside(path).name} describes: its sha256 is {found}")
    if checksum != _checksum(card):
        raise ValueError(f"{beside(path)} is damaged: {', '.join(BOUND)} are not those of the file beside it")
    return _trained(held, card)


def _card(path: Path) -> dict[str, Any]:
    """What the .json says; ValueError names it when it is damaged or of another version."""
    name = beside(path)
    text = _read(name, f", which describes {path.name}")
    try:
        card = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is damaged: {error}") from None
    if not isinstance(card, dict):
        raise ValueError(f"{name} is damaged: an object is expected")
    if (card.get("format"), card.get("version")) != (FORMAT, VERSION):
        raise ValueError(
            f"{name}: format {card.get('format')!r}, version {card.get('version')!r}, "
            f"want {FORMAT!r}, {VERSION}"
        )
    if lacking := [key for key in (*BOUND, "name", "float", "trained_on", "sha256") if key not in card]:
        raise ValueError(f"{name} is damaged: it lacks {', '.join(lacking)}")
    return card


def _trained(held: Mapping[str, np.ndarray], card: dict[str, Any]) -> Trained:
    floats = {name[6:]: array for name, array in held.items() if name.startswith("float.")}
    ints = {name: array for name, array in held.items() if not name.startswith("float.")}
    if type(card["name"]) is not str or type(card["task"]) is not str:
        raise ValueError(f"name is {card['name']!r:.40}, task {card['task']!r:.40}, want texts")
    network = _network(ints, card)
    labels = card["labels"]
    if not isinstance(labels, list) or any(not isinstance(label, str) for label in labels):
        raise ValueError("labels are no list of texts")
    if labels and len(labels) != network.output.n:
        raise ValueError(f"{len(labels)} labels for {network.output.n} scores")
    if len(set(labels)) != len(labels):
        raise ValueError(f"two labels are the same: {sorted(x for x in labels if labels.count(x) > 1)[0]!r}")
    features = card["features"]
    if features is not None and not (isinstance(features, dict) and isinstance(features.get("kind"), str)):
        raise ValueError(f"features are {features!r:.40}, want an object with a kind, or null")
    for name, array in floats.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise ValueError(f"float.{name} holds something that is no finite number")
    if bool(floats) != bool(card["float"]):
        raise ValueError(f"{len(floats)} float arrays beside a card whose `float` is {card['float']!r:.40}")
    trained_on = card["trained_on"]
    if not isinstance(trained_on, dict) or not {"speakers", "sounds"} <= set(trained_on):
        raise ValueError("trained_on names no speakers and sounds")
    return Trained(network, card, floats)


_KINDS = {
    "name": str, "recurrence": str, "result": str, "in_signed": bool, "soft": bool, "recurrent": bool,
    "merged": bool, "layers": list, "output": dict,
}  # fmt: skip


def _taken(where: str, values: Any, keys: Sequence[str]) -> dict[str, Any]:
    """The values of `keys` in a JSON object, each of its kind: whole numbers, but for _KINDS."""
    if not isinstance(values, dict):
        raise ValueError(f"{where} is no object")
    for key in keys:
        kind = _KINDS.get(key, int)
        if type(values.get(key)) is not kind:
            raise ValueError(f"{where}: {key} is {values.get(key)!r:.40}, want {kind.__name__}")
    return {key: values[key] for key in keys}


def _layer_settings(where: str, values: Any, keys: Sequence[str]) -> tuple[str, int, dict[str, Any]]:
    own = _taken(where, values, (*keys, "n"))
    if not own["name"].isidentifier() or own["name"] == "float":
        raise ValueError(f"{where}: name is {own['name']!r}, want letters, digits and _, and not float")
    return own["name"], own.pop("n"), own


class _Arrays:
    """Arrays by name, each taken once."""

    def __init__(self, held: Mapping[str, np.ndarray]) -> None:
        self.rest = dict(held)

    def take(self, name: str, *shape: int) -> np.ndarray:
        """ValueError when it is not there, or of another shape."""
        if name not in self.rest:
            raise ValueError(f"lacks {name}")
        array = self.rest.pop(name)
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}, want {shape}")
        return array

    def mask(self, name: str, *shape: int) -> np.ndarray | None:
        """None when it is not there: all is kept."""
        if name not in self.rest:
            return None
        array = self.take(name, *shape)
        if array.dtype != np.uint8 or array.max(initial=0) > 1:
            raise ValueError(
                f"{name} holds {array.dtype} up to {array.max(initial=0)}, want uint8 of 0 and 1"
            )
        return array.astype(bool)


def _network(held: Mapping[str, np.ndarray], card: Mapping[str, Any]) -> Network:
    """ValueError unless the arrays are those that the card's `network` says."""
    settings = _taken("network", card["network"], (*_NETWORK, "layers", "output"))
    arrays, width, layers = _Arrays(held), settings["n_inputs"], []
    for number, each in enumerate(settings.pop("layers")):
        name, n, own = _layer_settings(f"network: layer {number}", each, (*_LAYER, "recurrent"))
        recurrent = own.pop("recurrent")
        layers.append(
            LifLayer(
                w_in=arrays.take(f"{name}.w_in", width, n), mask_in=arrays.mask(f"{name}.mask_in", width, n),
                w_rec=arrays.take(f"{name}.w_rec", n, n) if recurrent else None,
                mask_rec=arrays.mask(f"{name}.mask_rec", n, n) if recurrent else None,
                theta=arrays.take(f"{name}.theta", n), bias=arrays.take(f"{name}.bias", n), **own,
            )
        )  # fmt: skip
        width = n
    name, n, own = _layer_settings("network: output", settings.pop("output"), _OUTPUT)
    output = OutputLayer(
        w=arrays.take(f"{name}.w", width, n), mask=arrays.mask(f"{name}.mask", width, n),
        bias=arrays.take(f"{name}.bias", n), **own,
    )  # fmt: skip
    if arrays.rest:
        raise ValueError(f"holds {', '.join(sorted(arrays.rest))}, which its card does not name")
    return Network(name=card["name"], layers=tuple(layers), output=output, **settings)
