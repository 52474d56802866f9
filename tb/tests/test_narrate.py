# SPDX-License-Identifier: Apache-2.0
"""The texts in a wave file (tb/harness/mur_narrate.sv), cycle by cycle, held to program, taps and pins."""

import json
from collections import Counter
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from models.descriptors import Acc, Descriptor, End, Fire, Fold, Loop, decode
from models.formats import HALTING, ErrorBit, Kind
from regressions import waves
from regressions.waves import TOP, Waves
from tb.records import TUSER_END
from tb.tests.program_words import Step, described, fired, placed, scanned, unrolled
from tb.tests.simulation import simulate

NARRATE, CORE = f"{TOP}.u_narrate", f"{TOP}.dut.u_core"
SMALL = {"LANES": 8, "RESULT_W": 128, "VEC_DEPTH": 256}
RAW, ARGMAX = 1, 2  # TUSER kinds


class Run:
    """A finished run with waves."""

    def __init__(self, folder: Path, tiles: dict[str, int]) -> None:
        """Read what it left; ``tiles`` is how many each layer has, of 8 neurons or scores."""
        self.tiles = tiles
        self.wave = Waves(folder / waves.FST)
        self.outcome = json.loads((folder / "outcome.json").read_text())
        self.cycles = range(self.outcome["cycles"])

    def core(self, name: str, cycle: int) -> int:
        """A signal of the core."""
        return self.wave.value(f"{CORE}.{name}", cycle)

    def text(self, lane: str, cycle: int) -> str:
        """What a lane says."""
        return self.wave.text(f"{NARRATE}.{lane}", cycle)

    def told(self, lane: str) -> list[tuple[int, str]]:
        """Cycle and text wherever a lane says something."""
        texts = ((cycle, self.text(lane, cycle)) for cycle in self.cycles)
        return [(cycle, text) for cycle, text in texts if text]

    @cached_property
    def program(self) -> dict[int, Descriptor]:
        """The descriptors as they were written, word by word, by the image stream."""
        words = {}
        for cycle in self.cycles:
            if self.wave.value(f"{TOP}.dut.img_we", cycle) and not self.core("img_target_i", cycle):
                words[self.core("img_addr_i", cycle)] = self.core("img_wdata_i", cycle) % (1 << 128)
        return {pc: decode(word) for pc, word in sorted(words.items())}

    @cached_property
    def steps(self) -> list[Step]:
        """The program from its first descriptor to its last, loops unrolled."""
        return placed(unrolled(list(self.program.items())), self.tiles)

    @cached_property
    def pushed(self) -> list[tuple[int, int, Step]]:
        """What went into the queues: cycle, number in program order, step."""
        queued = [step for step in self.steps if isinstance(step.descriptor, Acc | Fold | Fire | End)]
        found: list[tuple[int, int, Step]] = []
        for cycle in self.cycles:
            if any(self.core(name, cycle) for name in ("push0", "push1", "pushf")):
                found.append((cycle, self.core("seq", cycle), queued[len(found) % len(queued)]))
        return found


# By name: the test, its seed, its settings, and the tiles of each layer.
RUNS: dict[str, tuple[str, int, dict, dict[str, int]]] = {
    "three tiles": ("smoke", 1, {}, {"L0": 3, "L1": 3, "out": 3}),
    # Layers fit into a tile: the compiler begins a frame's recurrence in the one before.
    "one tile": ("walkthrough", 1, {}, {"L0": 1, "out": 1}),
    # A LOOP that moves FIREs, a layer fired once a step, sets apart and together, ARGMAX, stalls, clears.
    "a loop": (
        "random", 479, SMALL | {"NETWORKS": 1, "LARGEST": 40, "FRAMES": 2, "UTTERANCES": 2},
        {"L0": 1, "L1": 4, "L2": 5, "out": 2},
    ),
}  # fmt: skip
ERRORS: tuple[str, int, dict, dict] = ("errors", 1, SMALL | {"ONLY": "twice: every error bit at once"}, {})


def finished(home: Path, name: str, seed: int, settings: dict, tiles: dict[str, int]) -> Run:
    result = simulate(name, home, seed, waves=True, **settings)
    assert result["status"] == "pass", result["reason"]
    return Run(home / name / str(seed), tiles)


@pytest.fixture(scope="module", params=RUNS)
def run(request, tmp_path_factory) -> Run:
    return finished(tmp_path_factory.mktemp("run"), *RUNS[request.param])


@pytest.fixture(scope="module")
def wrong(tmp_path_factory) -> Run:
    return finished(tmp_path_factory.mktemp("wrong"), *ERRORS)


@pytest.mark.parametrize("run", ["a loop"], indirect=True)
def test_there_is_what_the_run_is_for(run):
    """The seed is chosen for its network: should another come of it, others are to be looked for."""
    of = {kind: [d for d in run.program.values() if type(d) is kind] for kind in (Loop, Fold, Fire, Acc)}
    assert of[Loop] and of[Fold] and {d.sets for d in of[Acc]} == {1, 2, 3}
    assert any(d.mv_par for d in of[Fire]) and any(d.kind == Kind.ARGMAX for d in of[Fire])


# ---- the program -----------------------------------------------------------------------------------------
def test_the_program_is_told(run):
    """In the order in which it runs, and nothing else is ever said of it."""
    assert len(run.pushed) > run.outcome["frames"]
    for cycle, _, step in run.pushed:
        assert run.text("descriptor", cycle) == described(step), cycle
    assert {text for _, text in run.told("descriptor")} == {described(step) for step in run.steps}


@pytest.mark.parametrize("k", [0, 1])
def test_the_scanners_are_told(run, k):
    """Every entry of the queue at its front, in order."""
    wanted = [
        (seq, scanned(step, k))
        for _, seq, step in run.pushed
        if not isinstance(step.descriptor, Fire) and getattr(step.descriptor, "sets", 3) >> k & 1
    ]
    told = dict.fromkeys(run.told(f"scanner{k}"))
    found = changes((run.core(f"g_ctl.[{k}].seq", cycle), text) for cycle, text in told)
    assert found == wanted


def test_fires_are_told(run):
    wanted = [(seq, fired(step)) for _, seq, step in run.pushed if isinstance(step.descriptor, Fire | End)]
    assert changes((run.core("f_ctl.seq", cycle), text) for cycle, text in run.told("fire")) == wanted


def changes(items) -> list:
    """Items without those that are as the one before."""
    found: list = []
    for item in items:
        if not found or item != found[-1]:
            found.append(item)
    return found


# ---- work ------------------------------------------------------------------------------------------------
def test_the_event_lanes_say_what_the_taps_say(run):
    pushed, table, told, wanted = iter(run.pushed), {}, {}, {}
    cycle_of_next, seq_of_next, next_step = next(pushed)
    for cycle in run.cycles:
        for k in (0, 1):
            if text := run.text(f"event{k}", cycle):
                told[cycle, k] = text
            tap = f"tap_o.event_s.[{k}]"
            if not run.core(f"{tap}.valid", cycle):
                continue
            # An event of both sets comes from scanner 0.
            scanner = 0 if run.core("u_work.ev.[0].both", cycle) else k
            step = table[run.core(f"u_work.id.[{scanner}].seq", cycle)]
            row, neg, pos, pc = (run.core(f"{tap}.{name}", cycle) for name in ("row", "neg", "pos", "pc"))
            assert pc == step.pc, cycle
            layer, tile = step.place
            wanted[cycle, k] = f"{layer} row {row} {'+-'[neg]}2^{pos} tile {tile}"
        if cycle == cycle_of_next:
            table[seq_of_next] = next_step
            cycle_of_next, seq_of_next, next_step = next(pushed, (-1, 0, None))
    assert told == wanted
    # The machine's own count, apart from taps and texts.
    ledger = run.outcome["ledger"]
    assert len(wanted) == ledger["EVENTS0"] + ledger["EVENTS1"] > 0
    assert len({text.split()[0] for text in told.values()}) > 1


def test_commits_are_told(run):
    wanted = {}
    for cycle in run.cycles:
        if run.core("tap_o.lif.valid", cycle):
            tag = run.program[run.core("tap_o.lif.pc", cycle)].tag
            step, chunk, spikes = (run.core(f"tap_o.lif.{n}", cycle) for n in ("step", "chunk", "spike"))
            wanted[cycle] = f"L{tag} step {step} chunk {chunk}: {spikes.bit_count()} spikes"
    assert dict(run.told("commit")) == wanted
    total = sum(int(text.split()[-2]) for text in wanted.values())
    assert total == sum(n for name, n in run.outcome["ledger"].items() if name.startswith("SPIKES"))


# ---- results ---------------------------------------------------------------------------------------------
def test_results_are_told(run):
    """Each beat that leaves; a RAW beat begins where the words before it of its frame and step have ended."""
    wanted, frame, words = {}, 0, Counter()
    for cycle in run.cycles:
        user, data, keep, valid, ready = (
            run.wave.value(f"{TOP}.res_t{name}", cycle) for name in ("user", "data", "keep", "valid", "ready")
        )
        if not (valid and ready and run.wave.value(f"{TOP}.rst_n", cycle)):
            continue
        kind, step, word = user >> 52 & 15, user >> 48 & 15, np.uint32(data & 0xFFFFFFFF)
        assert user & 0xFFFFFFFF == frame
        if kind == RAW:
            wanted[cycle] = f"RAW frame {frame} step {step} from {words[step]}"
            words[step] += keep.bit_count() // 4
        elif kind == ARGMAX:
            wanted[cycle] = f"ARGMAX frame {frame} step {step}: {word}"
        else:
            assert kind == TUSER_END
            wanted[cycle] = f"END frame {frame} status {word}"
            frame, words = frame + 1, Counter()
    assert dict(run.told("result")) == wanted
    assert frame == run.outcome["frames"]
    kinds = Counter(text.split()[0] for text in wanted.values())
    assert kinds["END"] == frame
    assert kinds["RAW"] + kinds["ARGMAX"] > 0


# ---- the machine -----------------------------------------------------------------------------------------
def machine_texts(run: Run) -> list[str]:
    """What the lane `machine` must say in each cycle, by reset, states, writes of zero, and frames' ends."""
    names = run.wave.codes(f"{CORE}.u_seq.st_q")
    found, frame, open_ = [], -1, False
    for cycle in run.cycles:
        state = names.get(run.core("u_seq.st_q", cycle))
        if not run.wave.value(f"{TOP}.rst_n", cycle):
            found.append("reset")
            continue
        if state in ("StIdle", "StHalted"):
            found.append({"StIdle": "idle", "StHalted": "halted"}[state])
            frame, open_ = -1 if state == "StIdle" else frame, False
        elif run.core("clr_neu_we", cycle) or run.core("clr_vec_we", cycle):
            found.append("clear")
        else:
            found.append(f"frame {frame}" if open_ else "waits for a frame")
        if run.core("tap_o.frame_start", cycle):
            frame, open_ = frame + 1, True
        if run.core("frame_done_o", cycle):
            open_ = False
    return found


def test_the_machine_is_told(run):
    texts = [run.text("machine", cycle) for cycle in run.cycles]
    assert texts == machine_texts(run)
    count = run.outcome["frames"]
    told = {"reset", "idle", "clear", "waits for a frame"} | {f"frame {n}" for n in range(count)}
    assert set(texts) == told


def test_a_machine_that_halts_is_told(wrong):
    texts = [wrong.text("machine", cycle) for cycle in wrong.cycles]
    assert texts == machine_texts(wrong)
    assert "halted" in texts


def test_errors_are_told(wrong):
    """When the bit of ERROR rises; the descriptor of what halts is that of ERROR_INFO."""
    wanted = {}
    for cycle in wrong.cycles[1:]:
        before, after = (wrong.wave.value(f"{TOP}.dut.error_bits", c) for c in (cycle - 1, cycle))
        for bit in ErrorBit:
            if (after & ~before) >> bit & 1:
                name = "Err" + "".join(part.title() for part in bit.name.split("_"))
                halts = bit in HALTING
                place = f" descriptor {wrong.wave.value(f'{TOP}.dut.info_pc', cycle)}" if halts else ""
                assert cycle - 1 not in wanted, "two at once"
                wanted[cycle - 1] = name + place
    assert dict(wrong.told("error")) == wanted
    assert len(wanted) == len(ErrorBit)


def test_a_good_run_has_no_errors_to_tell(run):
    assert run.told("error") == []
