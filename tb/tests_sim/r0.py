# SPDX-License-Identifier: Apache-2.0
"""R0: the reference network on uniform random bytes; the figures of speed come from here.

FRAMES frames back to back in UTTERANCES utterances (each begins with a clear), then some frames one by one
for the latency. SEED draws the frames; the network is always the same. TAPE=1 keeps what was done to the
design for the bare simulator of `make bench`.
"""

import pyuvm

from models.compiler import compile_network
from models.networks.r0 import r0, r0_frames
from tb.base_test import MurTest
from tb.seeds import derive

SPACED_FRAMES = 20
BATCH_FRAMES = 1000  # frames a wake-up of Python, about


@pyuvm.test()
class R0(MurTest):
    """See the module."""

    async def body(self) -> None:
        """Load, start, stream, stop."""
        frames, count = int(self.job.param("frames", 240)), int(self.job.param("utterances", 4))
        taping = bool(self.job.param("tape", False))
        if taping:
            self.bfm.tape = []
        data = r0_frames(derive(self.job.seed, "r0.frames"), frames)
        await self.load(compile_network(r0(), self.config))
        await self.start()
        length = -(-frames // count)
        utterances = [data[at : at + length] for at in range(0, frames, length)]
        batch = max(1, BATCH_FRAMES // length)
        for at in range(0, len(utterances), batch):
            await self.stream(utterances[at : at + batch])
        if taping:
            self.bfm.write_tape(self.job.out_dir / "tape.bin")
            self.figures["signature"] = f"{self.bfm.signature:016x}"
            self.bfm.tape = None
        await self.stream([data[:SPACED_FRAMES]], spaced=True)
        await self.stop()
        events = self.env.scoreboard.events / self.env.scoreboard.frames_checked
        print(f"mur> event cycles of the busier set: {events:.1f} per frame", flush=True)
