# SPDX-License-Identifier: Apache-2.0
"""From images to a plan: words decoded, rules of docs/program.md checked, loops and weights unrolled.

Errors are found where the machine would find them: a section stops at the descriptor that breaks a rule and
carries a `MachineError`, raised when a run gets there. Of several rules broken by one descriptor
`ILLEGAL_DESC` comes before `ADDR_RANGE`.
"""

from dataclasses import replace

import numpy as np

from models import formats as fm
from models import machine_ops as mo
from models import numerics as nm
from models.descriptors import IllegalDescriptor, decode, selected

ADDRESS_SPACE = 1 << 16  # loop offsets are modulo this
UNROLL_LIMIT = 200_000  # executed descriptors of a whole program; beyond it a plan is no sane thing to build


class MachineError(Exception):
    """A halting error: `bit` (ErrorBit), `pc` (descriptor number) and, from a run, `frame`, `certain` and
    `trace`.

    `frame` counts the frames completed by this run before the error. `certain` is False for an overflow
    that some order of events avoids. `trace` holds what earlier descriptors did, the ledger of completed
    frames only.
    """

    def __init__(self, bit, pc, message, frame=None, certain=True):
        """See the class."""
        super().__init__(f"{fm.ErrorBit(bit).name} at descriptor {pc}: {message}")
        self.bit, self.pc, self.message = fm.ErrorBit(bit), pc, message
        self.frame, self.certain, self.trace = frame, certain, None


def illegal(pc, message):
    """An ILLEGAL_DESC at `pc`."""
    return MachineError(fm.ErrorBit.ILLEGAL_DESC, pc, message)


def check_extent(pc, what, first, words, depth):
    """Raise ADDR_RANGE unless words `first` .. `first + words - 1` lie in a memory of `depth` words."""
    if first + words > depth:
        raise MachineError(fm.ErrorBit.ADDR_RANGE, pc, f"{what} {first}..{first + words - 1}, depth {depth}")


def loaded(what, memory, first, words):
    """Words of an image; ValueError where the program would read what no image has written."""
    if first + words > len(memory):
        raise ValueError(f"{what}: words {first}..{first + words - 1} are read, {len(memory)} are loaded")
    return memory[first : first + words]


class Planner:
    """Builds the sections of one program. Use `plan()`."""

    def __init__(self, images, config):
        """`images` Images, `config` BuildConfig."""
        self.images, self.config = images, config
        self.program = list(images.program)
        self.decoded, self.matrices, self.sites = {}, {}, []
        self.executed = 0
        self.frames = {}  # section: (pc, FRAME), also one out of range

    def fetch(self, pc):
        """The descriptor at `pc`; MachineError where it is not legal by itself or lies past the program."""
        if pc not in self.decoded:
            if pc >= len(self.program):
                raise illegal(pc, "past the last descriptor")
            try:
                self.decoded[pc] = decode(self.program[pc], self.config)
            except IllegalDescriptor as error:
                raise illegal(pc, str(error)) from error
        return self.decoded[pc]

    def sections(self):
        """All sections, first first; the last ones may hold only an error."""
        done: list[mo.Section] = []
        loads, pc = [], 0
        while True:
            section, load, pc, wrap = self.section(pc, len(done))
            done.append(section)
            loads.append(load)
            if section.error is not None or wrap:
                break
        for index, (section, load) in enumerate(zip(list(done), loads, strict=True)):
            if section.error is not None:
                continue
            section.following = (index + 1) % len(loads)
            pc, frame = self.frames.get(section.following, (0, None))
            if load is not None and frame is not None and (load.dst, load.len) != (frame.dst, frame.len):
                # Only the way from here is wrong: after START the same FRAME is served by no LOAD.
                section.following = len(done)
                done.append(mo.Section(None, [], illegal(pc, "FRAME differs from the LOAD that serves it")))
        return done

    def section(self, pc, index):
        """One frame of the program from `pc`: (Section, its LOAD or None, next pc, wrap)."""
        section, load = mo.Section(None, []), None
        try:
            descriptor = self.fetch(pc)
            if descriptor.op != fm.Op.FRAME:
                raise illegal(pc, f"{descriptor.op.name} between frames")
            self.frames[index] = (pc, descriptor)
            extent = self.frame_extent(pc, descriptor)
            section.begin = mo.Begin(pc, descriptor.dst * self.config.chunk, descriptor.len, extent)
            while True:
                pc += 1
                descriptor = self.fetch(pc)
                if descriptor.op == fm.Op.END:
                    return section, load, pc + 1, bool(descriptor.wrap)
                if descriptor.op == fm.Op.FRAME:
                    raise illegal(pc, "FRAME inside a frame")
                if descriptor.op == fm.Op.LOAD:
                    if load is not None:
                        raise illegal(pc, "a second LOAD between two FRAMEs")
                    self.frame_extent(pc, descriptor)
                    load = descriptor
                elif descriptor.op == fm.Op.LOOP:
                    pc = self.loop(pc, descriptor, section, index, len(self.program), ())
                else:
                    self.execute(pc, descriptor, section, index, ())
        except MachineError as error:
            section.error = error
            return section, load, pc, False

    def loop(self, pc, loop, section, index, limit, outer):
        """Unroll the LOOP at `pc`, whose body must end before `limit`; `outer` holds (pass, LOOP). Last pc
        of it.
        """
        if len(outer) == 2:
            raise illegal(pc, "LOOP in a third level")
        end = pc + 1 + loop.body
        if end > limit:
            raise illegal(pc, "LOOP body beyond the program or the outer body")
        for j in range(loop.count):
            passes = (*outer, (j, loop))
            at = pc + 1
            while at < end:
                descriptor = self.fetch(at)
                if descriptor.op in (fm.Op.FRAME, fm.Op.LOAD, fm.Op.END):
                    raise illegal(at, f"{descriptor.op.name} inside a LOOP")
                if descriptor.op == fm.Op.LOOP:
                    at = self.loop(at, descriptor, section, index, end, passes)
                else:
                    self.execute(at, descriptor, section, index, passes)
                at += 1
        return end - 1

    def frame_extent(self, pc, descriptor):
        """Elements of the whole chunks of a FRAME or LOAD region, range checked."""
        chunks = -(-descriptor.len // self.config.chunk)
        check_extent(pc, "vector chunks", descriptor.dst, chunks, self.config.vec_depth)
        return chunks * self.config.chunk

    def execute(self, pc, descriptor, section, index, passes):
        """Append what one ACC, FOLD or FIRE does in these passes."""
        self.executed += 1
        if self.executed > UNROLL_LIMIT:
            raise ValueError(f"the program executes more than {UNROLL_LIMIT} descriptors")
        if descriptor.op == fm.Op.FOLD:
            section.ops.append(mo.Fold(pc, descriptor.src, descriptor.ctx))
        elif descriptor.op == fm.Op.ACC:
            moved = self.moved(descriptor, passes, src="d_src", wgt="d_wgt", msk="d_msk")
            section.ops.append(self.accumulate(pc, moved))
        else:
            moved = self.moved(descriptor, passes, dst="d_src", par="d_par", neu="d_neu")
            section.ops.append(self.fire(pc, moved, index, tuple(j for j, _ in passes)))

    @staticmethod
    def moved(descriptor, passes, **strides):
        """The descriptor with the loop offsets added where a move bit is set, modulo 65,536."""
        changes = {
            name: (getattr(descriptor, name) + sum(j * getattr(loop, stride) for j, loop in passes))
            % ADDRESS_SPACE
            for name, stride in strides.items()
            if getattr(descriptor, f"mv_{name}")
        }
        return replace(descriptor, **changes) if changes else descriptor

    def accumulate(self, pc, acc):
        """ACC with its weights unpacked."""
        config, groups = self.config, -(-acc.len // fm.GROUP)
        if acc.src % config.group_chunks:
            raise illegal(pc, f"ACC src {acc.src} with its loop offsets is not group-aligned")
        check_extent(pc, "vector chunks", acc.src, -(-acc.len // config.chunk), config.vec_depth)
        check_extent(pc, "weight words", acc.wgt, 1 if acc.masked else acc.len, config.wgt_depth)
        if acc.masked:
            check_extent(pc, "mask words", acc.msk, groups, config.mask_depth)
        weights, kept, used = self.matrix(pc, acc)
        return mo.Accumulate(
            pc=pc,
            sets=tuple(k for k in range(fm.SETS) if acc.sets >> k & 1),
            ctx=acc.ctx,
            fmt=acc.fmt,
            select=(selected(acc.sel0), selected(acc.sel1)),
            base=acc.src * config.chunk,
            length=acc.len,
            shift=acc.shift,
            weights=weights,
            kept=kept,
            lanes_used=used,
        )

    def matrix(self, pc, acc):
        """(weights float64[len, LANES] shifted, kept bool[len], used lanes int64[len]) of an ACC,
        read-only.
        """
        mask_set = 1 if acc.sets == 2 else 0  # that of set 0 when both take part
        key = (acc.bank, mask_set, acc.masked, acc.len, acc.wgt, acc.msk, acc.shift)
        if key not in self.matrices:
            kept = np.ones(acc.len, bool)
            if acc.masked:
                words = loaded("masks", self.images.masks[mask_set], acc.msk, -(-acc.len // fm.GROUP))
                kept = np.asarray(words, bool).reshape(-1)[: acc.len].copy()  # bits beyond len are ignored
            count = int(kept.sum())
            check_extent(pc, "kept weight words", acc.wgt, count, self.config.wgt_depth)
            rows = loaded("weights", self.images.weights[acc.bank], acc.wgt, count)
            weights = np.zeros((acc.len, self.config.lanes))
            weights[kept] = np.asarray(rows, np.float64) * (
                1 << acc.shift
            )  # the n-th kept row is the n-th word
            used = (weights != 0).sum(axis=1)
            self.matrices[key] = (weights, kept, used)
        return self.matrices[key]

    def fire(self, pc, fire, index, passes):
        """FIRE with its biases and thresholds, and its site."""
        chunk, chunks = self.config.chunk, -(-fire.n // self.config.chunk)
        lif = fire.kind == fm.Kind.LIF
        check_extent(pc, "bias chunks", fire.par, chunks, self.config.bias_depth)
        theta = np.zeros(fire.n, np.int64)
        if lif:
            check_extent(pc, "vector chunks", fire.dst, chunks, self.config.vec_depth)
            check_extent(pc, "theta and state chunks", fire.neu, chunks, self.config.neur_depth)
            theta = (
                loaded("theta", self.images.theta, fire.neu, chunks).reshape(-1)[: fire.n].astype(np.int64)
            )
            if theta.min() < nm.THETA_MIN or theta.max() > nm.THETA_MAX:
                raise ValueError(
                    f"theta of a neuron of the FIRE at {pc} is not {nm.THETA_MIN}..{nm.THETA_MAX}"
                )
        bias = loaded("bias", self.images.bias, fire.par, chunks).reshape(-1)[: fire.n].astype(np.int64)
        sets = tuple(k for k in range(fm.SETS) if fire.take >> k & 1)
        groups = (sets,) if fire.sum else tuple((k,) for k in sets)
        first, last = bool(fire.first), bool(fire.last)
        self.sites.append(
            mo.FireSite(
                pc, passes, fire.kind, fire.tag, fire.dst, fire.neu, fire.n, len(groups), index, fire.bit0,
                first, last,
            )
        )  # fmt: skip
        return mo.Fire(
            pc=pc, site=len(self.sites) - 1, groups=groups, ctx=fire.ctx, kind=fire.kind, bit0=fire.bit0,
            tag=fire.tag, leak=fire.leak, soft=bool(fire.soft), first=first, last=last, dst=fire.dst,
            n=fire.n, extent=chunks * chunk, vector=fire.dst * chunk, state=fire.neu * chunk, bias=bias,
            theta=theta,
        )  # fmt: skip


def plan(images, config):
    """(sections, sites) of the program in `images` on a build `config`; see the module.

    ValueError when the program reads words that no image holds, or a threshold outside 1..32767.
    """
    planner = Planner(images, config)
    return planner.sections(), planner.sites
