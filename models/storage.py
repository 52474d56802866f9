# SPDX-License-Identifier: Apache-2.0
"""Where weights, masks, neurons and vectors go: tiles with dropped rows, rank-addressed banks,
chunk memories.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.formats import GROUP, BuildConfig


class CompileError(ValueError):
    """The network cannot run on this build; one line that names the layer or memory and the
    numbers.
    """


@dataclass
class Piece:
    """The part of a matrix that one ACC reads: the rows of one tile, or some of them when a tile is
    split over both sets.
    """

    owner: str  # layer and matrix, for messages
    sets: int  # 1, 2: that set and so its bank; 3: both sets from one bank, which place() chooses
    keep: np.ndarray  # bool [rows]: False = dropped, costs neither a read nor a word
    words: np.ndarray  # int8 [kept rows, lanes]
    bank: int = 0
    wgt: int = 0
    msk: int = 0

    @property
    def masked(self) -> bool:
        """Whether the ACC needs a row mask."""
        return not bool(self.keep.all())

    @property
    def mask_words(self) -> int:
        """128-bit words of its mask."""
        return -(-len(self.keep) // GROUP) if self.masked else 0


def cut(owner: str, sets: int, w: np.ndarray, mask: np.ndarray | None, lanes: int) -> list[Piece]:
    """Tiles of `w` int8 [rows, n], `lanes` columns each; a row pruned in all columns of a tile is
    dropped from it.
    """
    pieces = []
    for first in range(0, w.shape[1], lanes):
        tile = w[:, first : first + lanes]
        kept = np.ones_like(w, bool) if mask is None else mask
        keep = np.asarray(kept[:, first : first + lanes].any(axis=1))
        words = np.pad(tile[keep], ((0, 0), (0, lanes - tile.shape[1])))
        pieces.append(Piece(owner, sets, keep, words))
    return pieces


def split(piece: Piece) -> list[Piece]:
    """Kept rows dealt alternately to set 0 and set 1, so that both are busy for about half of the
    time.
    """
    rows = np.flatnonzero(piece.keep)
    halves = []
    for k in (0, 1):
        keep = np.zeros_like(piece.keep)
        keep[rows[k::2]] = True
        halves.append(Piece(piece.owner, k + 1, keep, piece.words[k::2]))
    return halves


def _fit(what: str, needed: int, available: int) -> None:
    if needed > available:
        raise CompileError(f"{what} does not fit: {needed} words needed, {available} available")


def place(
    matrices: Sequence[list[Piece]], config: BuildConfig
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Give every piece its bank, weight address and mask address; returns weights and masks as
    Images holds them.

    The tiles of a matrix with a free choice stay together (their loop needs one stride) in the
    emptier bank, the largest matrix first; only a matrix that fits neither bank is dealt tile by
    tile. CompileError when the banks or masks are too small.
    """
    used = [0, 0]
    for piece in (p for pieces in matrices for p in pieces if p.sets != 3):
        piece.bank = piece.sets - 1
        used[piece.bank] += len(piece.words)
    free = [pieces for pieces in matrices if pieces and pieces[0].sets == 3]
    for pieces in sorted(free, key=lambda m: -sum(len(p.words) for p in m)):
        size = sum(len(p.words) for p in pieces)
        together = [pieces] if min(used) + size <= config.wgt_depth else [[p] for p in pieces]
        for part in together:
            bank = int(used[1] < used[0])
            for piece in part:
                piece.bank = bank
                used[bank] += len(piece.words)
    for bank in (0, 1):
        _fit(f"weight bank {bank}", used[bank], config.wgt_depth)

    weights: tuple[list, list] = ([], [])
    masks: tuple[list, list] = ([], [])
    top = [0, 0]
    for piece in (p for pieces in matrices for p in pieces):
        piece.wgt = top[piece.bank]
        top[piece.bank] += len(piece.words)
        weights[piece.bank].append(piece.words)
        if piece.masked:
            bits = masks[0 if piece.sets == 3 else piece.sets - 1]
            piece.msk = sum(len(b) for b in bits)
            bits.append(np.pad(piece.keep, (0, -len(piece.keep) % GROUP)).reshape(-1, GROUP))
    for k in (0, 1):
        _fit(f"mask memory of set {k}", sum(len(b) for b in masks[k]), config.mask_depth)
    none = (np.zeros((0, config.lanes), np.int8), np.zeros((0, GROUP), bool))
    return (
        (np.concatenate([none[0], *weights[0]]), np.concatenate([none[0], *weights[1]])),
        (np.concatenate([none[1], *masks[0]]), np.concatenate([none[1], *masks[1]])),
    )


def chunks(parts: Sequence[np.ndarray], what: str, depth: int, chunk: int) -> tuple[np.ndarray, list[int]]:
    """Vectors int32 [n] one after another, each from a whole chunk on: int32 [chunks, C] and the
    first chunk of each.
    """
    rows: list[np.ndarray] = []
    firsts = []
    for part in parts:
        firsts.append(sum(len(r) for r in rows))
        rows.append(np.pad(part, (0, -len(part) % chunk)).reshape(-1, chunk))
    total = sum(len(r) for r in rows)
    if total > depth:
        raise CompileError(f"{what} does not fit: {total} chunks needed, {depth} available")
    return np.concatenate([np.zeros((0, chunk), np.int32), *rows]).astype(np.int32), firsts


def vectors(sizes: Sequence[tuple[int, int]], config: BuildConfig) -> list[tuple[int, ...]]:
    """First chunks of the places of each vector; `sizes` holds (elements, places). Places begin at
    whole groups.
    """
    top = 0
    found = []
    for elements, places in sizes:
        extent = -(-elements // GROUP) * config.group_chunks
        found.append(tuple(top + i * extent for i in range(places)))
        top += places * extent
    if top > config.vec_depth:
        raise CompileError(f"vector memory does not fit: {top} chunks needed, {config.vec_depth} available")
    return found
