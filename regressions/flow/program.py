# SPDX-License-Identifier: Apache-2.0
"""A network as the machine takes it: image packets, a listing, and how many bits each part of it needs."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from models.formats import BIAS_W, DESC_W, GROUP, THETA_W, WGT_W, Target
from models.images import Images
from models.inference import compiled
from models.listing import listing
from models.network import Network
from models.weight_file import Trained, replace_files


def write(file: Trained, folder: Path) -> dict[str, Any]:
    """NN-TARGET.bin (one packet of s_axis_img each, in the order to send them), listing.txt, sizes.json.

    Returns what sizes.json holds. CompileError when the network fits no build.
    """
    images = compiled(file.network)
    sizes = sizes_of(file.network, images)
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        contents = {
            "listing.txt": "\n".join([*listing(images), ""]),
            "sizes.json": json.dumps(sizes, indent=2) + "\n",
        }
        files = {new / name: text.encode() for name, text in contents.items()}
        for number, packet in enumerate(images.to_packets()):
            target = Target(int(packet[0]) >> 24 & 15)
            files[new / f"{number:02}-{target.name.lower()}.bin"] = packet.astype("<u8").tobytes()
        replace_files(files)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return sizes


def sizes_of(network: Network, images: Images) -> dict[str, Any]:
    """Bits of each part and `bytes` of all. Of weights those count that are stored: rows that a tile of
    outputs keeps, without the padding of its lanes. `weights`: how many are dense, kept by masks, stored, not
    zero. `memories`: words used in the build.
    """
    matrices: list[tuple] = [(network.output.w, network.output.mask)]
    for layer in network.layers:
        matrices += [(layer.w_in, layer.mask_in), (layer.w_rec, layer.mask_rec)]
    dense = kept = stored = not_zero = 0
    for w, mask in matrices:
        if w is None:
            continue
        keep = np.ones(w.shape, bool) if mask is None else mask
        dense, kept, not_zero = dense + w.size, kept + int(keep.sum()), not_zero + int(np.count_nonzero(w))
        for first in range(0, w.shape[1], images.config.lanes):
            tile = keep[:, first : first + images.config.lanes]
            stored += int(tile.any(axis=1).sum()) * tile.shape[1]
    neurons = sum(layer.n for layer in network.layers)
    bits = {
        "weights": stored * WGT_W, "masks": sum(map(len, images.masks)) * GROUP,
        "thresholds": neurons * THETA_W, "biases": (neurons + network.output.n) * BIAS_W,
        "program": len(images.program) * DESC_W,
    }  # fmt: skip
    return {
        "bits": bits,
        "bytes": -(-sum(bits.values()) // 8),
        "weights": {"dense": dense, "kept": kept, "stored": stored, "not_zero": not_zero},
        "memories": {
            "descriptors": len(images.program), "weights": [len(w) for w in images.weights],
            "masks": [len(m) for m in images.masks], "bias": len(images.bias), "theta": len(images.theta),
        },
        "build": dataclasses.asdict(images.config),
    }  # fmt: skip


def table(sizes: dict[str, Any]) -> str:
    """The sizes in lines for a person."""
    weights = sizes["weights"]
    lines = [f"{name:<12}{bits:>12,} bits" for name, bits in sizes["bits"].items()]
    lines.append(f"{'in all':<12}{sizes['bytes']:>12,} bytes")
    lines.append(
        f"weights: {weights['dense']:,} dense, {weights['kept']:,} kept by masks, {weights['stored']:,} "
        f"stored, {weights['not_zero']:,} not zero; {sizes['memories']['descriptors']} descriptors"
    )
    return "\n".join(lines)
