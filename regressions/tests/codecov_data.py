# SPDX-License-Identifier: Apache-2.0
"""Code coverage of a toy, written by hand: its source, what simulators counted in it, and waivers."""

from regressions.codecov import points, waivers

SOURCE = """\
module mur_toy (input logic a, output logic [9:0] y);
  always_comb begin
    y = '0;
    if (a) y = 10'd1;
    else if (y[0])
      y = 10'd2;
  end
endmodule
"""
TOY = "rtl/mur_toy.sv"


def point(line, column, kind, name, count, spans="", file=TOY, page="mur_toy__L8", instance="top.u_toy"):
    """A line of coverage data as Verilator 5.048 writes it."""
    keys = {
        "f": f"/somewhere/{file}",
        "l": line,
        "n": column,
        "t": kind,
        "page": f"v_{kind}/{page}",
        "o": name,
    }
    keys |= {"S": spans} if spans else {}
    text = "".join(f"\x01{key}\x02{value}" for key, value in {**keys, "h": instance}.items())
    return f"C '{text}' {count}\n"


def data(path, *entries):
    path.write_text(f"{points.HEAD}\n{''.join(entries)}")
    return path


def tree(tmp_path):
    """Make a tree with the source of the toy."""
    (tmp_path / "rtl" / "regs").mkdir(parents=True)
    (tmp_path / TOY).write_text(SOURCE)
    (tmp_path / "rtl" / "murmur.f").write_text(f"// the toy\nrtl/regs/toy_regs.sv\n{TOY}\n")
    (tmp_path / "rtl/regs/toy_regs.sv").write_text("// a package\n" * 3)
    return tmp_path


def small(path, block=3, then=2, chained=0, up=1, down=0):
    return data(
        path,
        point(2, 3, "line", "block", block, "2-3"),
        point(4, 5, "branch", "if", then, "4"),
        point(4, 6, "branch", "else", block - then),
        point(5, 10, "line", "elsif", chained, "5-6"),
        point(1, 50, "toggle", "y[9]:0->1", up),
        point(1, 50, "toggle", "y[9]:1->0", down),
        point(4, 9, "expr", "(a==1 && y[0]==0) => 1", 0),
        point(7, 1, "user", "seen%20%22it%22", 2),
    )


LIST = """\
[[waiver]]
file = "rtl/mur_*.sv"
kind = "toggle"
signal = 'y\\[9\\]'
most = 2
reason = "nine is never reached"

[[waiver]]
file = "rtl/mur_toy.sv"
kind = "branch"
source = 'else if \\(y\\[0'
name = "elsif"
most = 1
reason = "y is zero there"
"""


def listed(root, text=LIST):
    path = root / "waivers.toml"
    path.write_text(text)
    return waivers.load(path)
