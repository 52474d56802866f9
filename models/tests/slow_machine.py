# SPDX-License-Identifier: Apache-2.0
"""A scalar interpreter of the image words, one event at a time, typed from docs/program.md and nothing
else.

It reads fields with its own shifts, keeps a loop stack instead of unrolling, does rows in order, digits
lowest first, and checks 24 bits after every addition. Legal programs only; an overflow raises `Overflow`.
"""


class Overflow(Exception):
    """A product or sum outside 24 bits; args: descriptor number."""


def bits(word, high, low):
    return word >> low & ((1 << (high - low + 1)) - 1)


def naf(value):
    """Digits of an integer, lowest first, as signed powers of two."""
    out, weight = [], 1
    while value:
        if value % 2:
            digit = 2 - value % 4
            out.append(digit * weight)
            value -= digit
        value //= 2
        weight *= 2
    return out


class SlowMachine:
    """One utterance. `frame(x)` runs one frame and returns what it did."""

    def __init__(self, images, config):
        """A cleared machine at descriptor 0."""
        self.im, self.chunk, self.lanes = images, config.chunk, config.lanes
        self.acc = [[[0] * self.lanes for _ in range(3)] for _ in range(2)]
        self.vec = [0] * (config.vec_depth * self.chunk)
        self.v = [0] * (config.neur_depth * self.chunk)
        self.z = [0] * (config.neur_depth * self.chunk)
        self.best = [(0, 0), (0, 0)]  # (score, index)
        self.pc = 0

    def frame(self, x):
        """Run one frame of integers: what each FIRE did; its work is in count, spiked, alone and both."""
        self.fires, self.count = (
            [],
            dict.fromkeys(
                ("EVENTS0", "EVENTS1", "ROWS_READ", "ROWS_ZERO", "ROWS_MASKED", "ADDS", "GATED", "RESULTS"), 0
            ),
        )
        self.spiked, self.alone, self.both = [0] * 8, [0, 0], 0
        stack = []  # [first pc, last pc, pass, count, strides]
        while True:
            word = self.im.program[self.pc]
            op = word & 15
            offset = {
                name: sum(level[2] * bits(level[4], low + 15, low) for level in stack)
                for name, low in (("src", 32), ("wgt", 48), ("msk", 64), ("par", 80), ("neu", 96))
            }
            if op == 1:
                base = bits(word, 47, 32) * self.chunk
                for i in range(-(-len(x) // self.chunk) * self.chunk):
                    self.vec[base + i] = (x[i] & 0xFFFF) if i < len(x) else 0
            elif op == 2:
                self.accumulate(word, offset)
            elif op == 3:
                self.fold(bits(word, 10, 9), bits(word, 8, 7))
            elif op == 4:
                self.fire(word, offset)
            elif op == 5:
                stack.append([self.pc + 1, self.pc + bits(word, 11, 4), 0, bits(word, 31, 16), word])
                self.pc += 1
                continue
            elif op == 6:
                self.pc = 0 if bits(word, 4, 4) else self.pc + 1
                return self.fires
            while stack and self.pc == stack[-1][1]:
                stack[-1][2] += 1
                if stack[-1][2] < stack[-1][3]:
                    self.pc = stack[-1][0] - 1
                    break
                stack.pop()
            self.pc += 1

    def add(self, k, ctx, lane, amount):
        """One addition, checked."""
        value = self.acc[k][ctx][lane] + amount
        if not (-(2**23) <= amount < 2**23 and -(2**23) <= value < 2**23):
            raise Overflow(self.pc)
        self.acc[k][ctx][lane] = value

    def digits(self, word, element):
        """[(set, digit)] of one row in order."""
        sets, fmt = bits(word, 5, 4), bits(word, 10, 9)
        sel = [bits(word, 14, 11), bits(word, 18, 15)]
        on = [(element >> (s & 7) & 1) if s >= 8 else 0 for s in sel]
        only = 0 if sets == 1 else 1
        if fmt == 0:
            return [(k, 1) for k in range(2) if sets >> k & 1 and on[k]]
        if fmt == 1:
            return [(only, sum(on))] if any(on) else []
        value = element - 65536 if fmt == 3 and element >= 32768 else element
        return [(i % 2 if sets == 3 else only, d) for i, d in enumerate(naf(value))]

    def accumulate(self, word, offset):
        """ACC."""
        sets, masked, ctx, shift = bits(word, 5, 4), bits(word, 6, 6), bits(word, 8, 7), bits(word, 21, 19)
        src, wgt, msk = bits(word, 47, 32), bits(word, 79, 64), bits(word, 95, 80)
        src = (src + offset["src"] * bits(word, 25, 25)) % 65536
        wgt = (wgt + offset["wgt"] * bits(word, 26, 26)) % 65536
        msk = (msk + offset["msk"] * bits(word, 27, 27)) % 65536
        bank, rank, c = bits(word, 24, 24), 0, self.count
        for i in range(bits(word, 63, 48)):
            if masked and not self.im.masks[1 if sets == 2 else 0][msk + i // 128][i % 128]:
                c["ROWS_MASKED"] += 1
                continue
            row = self.im.weights[bank][wgt + rank]
            rank += 1
            digits = self.digits(word, self.vec[src * self.chunk + i])
            c["ROWS_READ" if digits else "ROWS_ZERO"] += 1
            for k, digit in digits:
                c[f"EVENTS{k}"] += 1
                for lane in range(self.lanes):
                    c["ADDS" if row[lane] else "GATED"] += 1
                    self.add(k, ctx, lane, int(row[lane]) * digit * 2**shift)
            if sets != 3:
                self.alone[sets - 1] += len(digits)
            elif bits(word, 10, 9) == 0:
                self.both += bool(digits)
            else:
                self.both += -(-len(digits) // 2)

    def fold(self, src, dst):
        """FOLD."""
        for lane in range(self.lanes):
            f = self.acc[0][src][lane] + self.acc[1][src][lane]
            for k in range(2):
                self.add(k, dst, lane, f)
                self.acc[k][src][lane] = 0

    def fire(self, word, offset):
        """FIRE of any kind."""
        take, ctx, kind, n = bits(word, 5, 4), bits(word, 8, 7), bits(word, 11, 9), bits(word, 63, 48)
        dst = (bits(word, 47, 32) + offset["src"] * bits(word, 25, 25)) % 65536
        par = (bits(word, 79, 64) + offset["par"] * bits(word, 26, 26)) % 65536
        neu = (bits(word, 95, 80) + offset["neu"] * bits(word, 27, 27)) % 65536
        both = bits(word, 6, 6)
        steps = [[0, 1]] if both else [[k] for k in range(2) if take >> k & 1]
        extent, c = -(-n // self.chunk) * self.chunk, self.chunk
        currents = [[sum(self.acc[k][ctx][lane] for k in group) for lane in range(extent)] for group in steps]
        for k in range(2):
            if take >> k & 1:
                self.acc[k][ctx][:extent] = [0] * extent
        seen = {"kind": kind, "y": [], "s": [], "v": [], "best": []}
        if kind == 0:
            self.lif(word, dst, par, neu, n, currents, seen)
        else:
            if kind == 2 and bits(word, 23, 23):
                self.best = [None, None]  # of both steps, whichever this FIRE does
            for t, current in enumerate(currents):
                y = [current[i] + int(self.im.bias[par + i // c][i % c]) for i in range(n)]
                seen["y"].append(y)
                if kind == 2:
                    pool = [(-score, dst * c + i) for i, score in enumerate(y)]
                    if self.best[t]:
                        pool.append((-self.best[t][0], self.best[t][1]))
                    score, index = min(pool)
                    self.best[t] = (-score, index)
                    seen["best"].append((index, -score))
            self.count["RESULTS"] += len(steps) * n if kind == 1 else len(steps) * bits(word, 24, 24)
        self.fires.append(seen)

    def lif(self, word, dst, par, neu, n, currents, seen):
        """FIRE LIF, into `seen`."""
        bit0, tag, leak, soft, c = (
            bits(word, 14, 12),
            bits(word, 17, 15),
            bits(word, 21, 18),
            bits(word, 22, 22),
            self.chunk,
        )
        for t, current in enumerate(currents):
            seen["s"].append([])
            for i in range(n):
                at = neu * c + i
                v = self.v[at]
                u = 0 if leak == 15 else v - (v >> leak) if leak else v
                x = u + current[i] + int(self.im.bias[par + i // c][i % c])
                p = max(-32768, min(32767, x))
                theta = int(self.im.theta[neu + i // c][i % c])
                s = int(p >= theta)
                self.v[at] = (p - theta if soft else 0) if s else p
                self.z[at] = self.z[at] & ~(1 << (bit0 + t)) | s << (bit0 + t)
                seen["s"][-1].append(s)
            seen["v"].append(self.v[neu * c : neu * c + n])
            self.spiked[tag] += sum(seen["s"][-1])
        for i in range(len(currents[0])):
            if i >= n:
                self.v[neu * c + i] = self.z[neu * c + i] = 0
            self.vec[dst * c + i] = self.z[neu * c + i]
