# SPDX-License-Identifier: Apache-2.0
"""Built-in tests of the register model, which pyuvm 5 has none of: each goes over all registers.

What a write should leave is told by ``after``, from the description alone; the mirror, which goes by pyuvm's
rules, is compared besides. At work (``live``) what hardware moves is left out, but for the counters, which
must lie between two looks through the back door.
"""

from pyuvm import uvm_door_e, uvm_status_e

from tb import mur_regs as regs
from tb import sequences
from tb.items import RegisterAccess
from tb.registers.model import reset_words
from tb.tests_sim.error_bench import ErrorBench

SPACE = 1 << 12  # bytes that the slave decodes
ONES = 0xFFFFFFFF
OKAY, SLVERR = 0, 2
COMMANDS = regs.CTRL.mask
LIVE = ("STATUS", "IRQ_STATUS", "FRAMES", *(name for name in regs.REGISTERS if name.endswith(("_LO", "_HI"))))


class RegisterBench(ErrorBench):
    """The doors to the registers, for the tests below and for their cases."""

    async def bus(self, *accesses: tuple[int, int | None], strobe: int = 15) -> list[tuple[int, int]]:
        """(data, response) of accesses that may be refused, done through the agent in one go."""
        item = RegisterAccess.create("bus")
        item.having(accesses=list(accesses), strobe=strobe, refusable=True)
        await sequences.do(self.env.registers.sequencer, item)
        await self.drain()
        return list(zip(item.seen["data"].tolist(), item.seen["response"].tolist(), strict=True))

    async def front(self, name: str) -> int:
        """A register through the model's front door."""
        status, word = await self.env.model.named[name].read()
        self.expect(f"{name}, status of the front door", status, uvm_status_e.UVM_IS_OK)
        await self.drain()
        return word

    async def back(self, name: str) -> int:
        """A register through the model's back door."""
        status, word = await self.env.model.named[name].read(uvm_door_e.UVM_BACKDOOR)
        self.expect(f"{name}, status of the back door", status, uvm_status_e.UVM_IS_OK)
        return word

    def held(self, live: bool = False) -> dict[str, int]:
        """All that the back door shows; ``live``: but for what may move at work."""
        words = self.env.back_door.words()
        return {name: word for name, word in words.items() if not (live and name in LIVE)}


def after(register: regs.Register, word: int, data: int, strobe: int = 15) -> int:
    """What ``register`` holds after ``data`` was written in the bytes of ``strobe``, and ``word`` before."""
    bits = register.mask & sum(0xFF << 8 * byte for byte in range(4) if strobe >> byte & 1)
    if register.access == "RW":
        return word & ~bits | data & bits
    return word & ~(data & bits) if register.access == "W1C" else word


async def reset_values(bench: RegisterBench) -> None:
    """Mirror, back door and front door show what the description says."""
    wanted = reset_words(bench.config)
    await bench.drain()
    bench.expect("mirror after reset", bench.env.model.mirrored(), wanted)
    held = bench.held()
    bench.expect("back door after reset", held, {name: wanted[name] for name in held})
    found = {name: await bench.front(name) for name, r in regs.REGISTERS.items() if r.access != "WO"}
    bench.expect("front door after reset", found, {name: wanted[name] for name in found})
    bench.expect("irq_o after reset", bench.irq(), 0)


async def bit_bash(bench: RegisterBench, live: bool = False) -> None:
    """Every bit of every register, reserved ones too, written as 1 among zeros and as 0 among ones.

    Commands of CTRL are left alone; nothing but the register that was written may change.
    """
    for name, register in regs.REGISTERS.items():
        if live and name in LIVE:
            continue
        spared = ~COMMANDS if name == "CTRL" else ONES
        writes = [data & spared for bit in range(32) for data in (1 << bit, ONES ^ 1 << bit)]
        before = bench.held(live)
        ((word, _),) = await bench.bus((register.address, None))
        answers = await bench.bus(
            *(pair for w in writes for pair in ((register.address, w), (register.address, None)))
        )
        wanted = []
        for data in writes:
            word = after(register, word, data)
            wanted += [(0, OKAY), (word, OKAY)]
        wrong = [
            f"after {writes[i // 2]:#x}: {a}, not {w}"
            for i, (a, w) in enumerate(zip(answers, wanted, strict=True))
            if a != w
        ]
        bench.expect(f"{name}, written bit by bit", wrong, [])
        held = bench.held(live)
        bench.expect(
            f"what {name} left, by the back door", held, before | ({name: word} if name in before else {})
        )


async def rights(bench: RegisterBench, live: bool = False) -> None:
    """Writes of all ones, byte by byte: only what may be written changes, and only in bytes with a strobe."""
    for name, register in regs.REGISTERS.items():
        if live and name in LIVE:
            continue
        data = ONES & ~COMMANDS if name == "CTRL" else ONES
        for strobe in range(16):
            at = register.address
            (word, _), *answers = await bench.bus((at, None), (at, data), (at, None), strobe=strobe)
            wanted = [(0, OKAY), (after(register, word, data, strobe), OKAY)]
            bench.expect(f"{name}, written with strobe {strobe}", answers, wanted)
            if register.access == "RW":
                await bench.bus((at, 0))


async def addresses(bench: RegisterBench, live: bool = False) -> None:
    """No address reaches another's register: holes answer SLVERR and change nothing, idle or at work."""
    mapped = {register.address for register in regs.REGISTERS.values()}
    holes = [address for address in range(0, SPACE, 4) if address not in mapped]
    enable = regs.IRQ_ENABLE
    await bench.bus((enable.address, 1))
    before = bench.held(live)
    reads = await bench.bus(*((address, None) for address in holes))
    bench.expect("reads of no register", set(reads), {(0, SLVERR)})
    writes = await bench.bus(*((address, ONES) for address in holes))
    bench.expect("writes of no register", set(writes), {(0, SLVERR)})
    bench.expect("the back door after that", bench.held(live), before)
    for low in range(4):  # the lowest two bits are not looked at
        answers = await bench.bus((enable.address + low, low), (enable.address, None))
        bench.expect(f"address + {low}", answers, [(0, OKAY), (low, OKAY)])
    await bench.bus((enable.address, 0))


async def mirror(bench: RegisterBench, live: bool = False) -> None:
    """Front door, mirror and back door agree; at work a word lies between what was held before and after."""
    exact = 0
    readable = [name for name, register in regs.REGISTERS.items() if register.access != "WO"]
    for name in readable * (4 if live else 1):
        before = bench.held()
        word = await bench.front(name)
        bench.expect(f"{name}, the mirror after a read", bench.env.model.named[name].get(), word)
        held = bench.held()
        if name not in held:
            continue
        if before[name] == held[name] or not live:
            exact += 1
            bench.expect(f"{name}, the back door", held[name], word)
        elif name not in ("STATUS", "IRQ_STATUS"):
            bench.expect(f"{name}, between looks", before[name] <= word <= held[name], True)
    bench.expect("registers that stood still", exact > 0, True)
    enable = bench.env.model.named["IRQ_ENABLE"]
    for word in (3, 1, 2, 0):
        enable.set(word)
        bench.expect("IRQ_ENABLE wants an update", enable.needs_update(), True)
        bench.expect("IRQ_ENABLE, status of the write", await enable.update(), uvm_status_e.UVM_IS_OK)
        await bench.drain()
        shown = (await bench.back("IRQ_ENABLE"), enable.get_mirrored_value(), await bench.front("IRQ_ENABLE"))
        bench.expect("IRQ_ENABLE, both doors and mirror", shown, (word,) * 3)
