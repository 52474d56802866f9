# SPDX-License-Identifier: Apache-2.0
"""A program for people, in the notation of docs/program.md: `python -m models.listing r0`.

Contexts are P, Q, R; `h1[128]` is the vector of layer h1, `h1'` its second place where two
alternate; `@bank:word` is where weights begin, `%word` where row masks do; `+stride` behind an
address says what a LOOP adds to it in each pass.
"""

import signal
import sys

from models.compiler import compile_network
from models.descriptors import Acc, Descriptor, End, Fire, Fold, Frame, Loop, selected
from models.formats import REFERENCE, Fmt, Kind
from models.images import Images, Layout
from models.networks import by_name, names

CONTEXTS = "PQR"
SETS = {1: "0", 2: "1", 3: "0+1"}


def _sources(layout: Layout) -> dict[int, str]:
    """Vector chunk -> name, for the first chunk of every vector."""
    names = {layout.input_place: "x"}
    for place in layout.layers:
        names |= {chunk: place.name + "'" * i for i, chunk in enumerate(place.places)}
    return names


def _bits(d: Acc) -> str:
    if d.fmt in (Fmt.UNSIGNED, Fmt.SIGNED):
        return ""
    return "(" + ",".join("-" if selected(s) is None else str(selected(s)) for s in (d.sel0, d.sel1)) + ")"


def _fire(d: Fire, layout: Layout, loop: Loop | None) -> str:
    move = f" +{loop.d_src * layout.chunk}" if loop and d.mv_dst else ""
    if d.kind == Kind.LIF:
        name, first = layout.neuron(d.tag, d.neu, 0)
        extra = f" bit {d.bit0} leak {d.leak}{' soft' if d.soft else ''}"
    else:
        name, first = layout.output, layout.score(d.dst, 0)
        extra = f"{' first' if d.first else ''}{' last' if d.last else ''}"
    take = "sum" if d.sum else f"take {SETS[d.take].replace('+', ',')}"
    target = f"{name}[{first}..{first + d.n - 1}]"
    return f"FIRE {Kind(d.kind).name} {CONTEXTS[d.ctx]} {take}{extra} -> {target}{move}"


def _one(d: Descriptor, layout: Layout, loop: Loop | None) -> str:
    """One descriptor; `loop` is the LOOP that it belongs to."""
    if isinstance(d, Frame):
        return f"{d.op.name:<5} x[{d.len}]"
    if isinstance(d, Acc):
        name = _sources(layout).get(d.src, f"vector {d.src}")
        weights = f"@{d.bank}:{d.wgt}" + (f"+{loop.d_wgt}" if loop and d.mv_wgt else "")
        mask = f" masked %{d.msk}" + (f"+{loop.d_msk}" if loop and d.mv_msk else "") if d.masked else ""
        shift = f" << {d.shift}" if d.shift else ""
        fmt = Fmt(d.fmt).name.lower() + _bits(d)
        return f"ACC   {SETS[d.sets]} {CONTEXTS[d.ctx]} {fmt} {name}[{d.len}] {weights}{shift}{mask}"
    if isinstance(d, Fold):
        return f"FOLD  {CONTEXTS[d.src]} -> {CONTEXTS[d.ctx]}"
    if isinstance(d, Fire):
        return _fire(d, layout, loop)
    if isinstance(d, Loop):
        return f"LOOP  {d.count} times {d.body} descriptors"
    return f"END{' wrap' if isinstance(d, End) and d.wrap else ''}"


def listing(images: Images) -> list[str]:
    """One line for each descriptor. ValueError when the images have no layout (they came from
    packets).
    """
    if images.layout is None:
        raise ValueError("images without a layout have no names to list")
    lines: list[str] = []
    loop: Loop | None = None
    left = 0
    for number, descriptor in enumerate(images.descriptors()):
        indent = "    " if left else ""
        lines.append(f"{number:>4}  {indent}{_one(descriptor, images.layout, loop if left else None)}")
        left = max(0, left - 1)
        if isinstance(descriptor, Loop):
            loop, left = descriptor, descriptor.body
    return lines


def main(arguments: list[str]) -> int:
    """Print the listing of the named network on the reference build."""
    if len(arguments) != 1 or arguments[0] not in names():
        print(f"usage: python -m models.listing {'|'.join(names())}", file=sys.stderr)
        return 2
    images = compile_network(by_name(arguments[0]), REFERENCE)
    print("\n".join(listing(images)))
    words = [len(x) for x in (*images.weights, *images.masks)]
    print(
        f"{len(images.program)} descriptors; weights {words[0]} + {words[1]} words, masks {words[2]} + "
        f"{words[3]}; bias {len(images.bias)}, theta {len(images.theta)} chunks"
    )
    return 0


if __name__ == "__main__":
    # `| head` ends the listing without a word.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
