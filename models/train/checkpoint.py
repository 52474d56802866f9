# SPDX-License-Identifier: Apache-2.0
"""The state of a training between two epochs in one file: safetensors, with JSON in its header.

Written beside and renamed, so that a file is whole or absent.
"""

import json
import os
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

VERSION = 1


def save(path: Path, groups: dict[str, dict[str, torch.Tensor]], facts: dict[str, Any]) -> None:
    """Write tensors by group and name, and JSON-able facts. OSError names the file, the old one stays."""
    flat = {f"{group}.{name}": t.contiguous() for group, held in groups.items() for name, t in held.items()}
    text = json.dumps({"version": VERSION, **facts})
    part = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        part.write_bytes(safetensors.torch.save(flat, {"murmur-checkpoint": text}))
        part.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> tuple[dict[str, dict[str, torch.Tensor]], dict[str, Any]]:
    """What `save` wrote. ValueError, one line that names the file, when it is damaged or of another kind."""
    try:
        data = path.read_bytes()
        flat = safetensors.torch.load(data)
        size = int.from_bytes(data[:8], "little")
        facts = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["murmur-checkpoint"])
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: damaged ({error}); remove it, and the stage begins anew") from None
    if facts.get("version") != VERSION:
        raise ValueError(f"{path}: version {facts.get('version')}, want {VERSION}; remove it to begin anew")
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for name, tensor in flat.items():
        group, _, rest = name.partition(".")
        groups.setdefault(group, {})[rest] = tensor
    return groups, facts
