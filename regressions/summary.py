# SPDX-License-Identifier: Apache-2.0
"""The block of lines that ends a run on the terminal."""

from pathlib import Path

from regressions.paths import shown


def block(result: dict, out_dir: Path) -> str:
    """Return ``result`` in words; figures that the test did not give are left out."""
    passed = result["status"] == "pass"
    lines = [f"{'PASS' if passed else 'FAIL'}  {result['test']}  seed {result['seed']}"]
    if not passed:
        lines.append(_line("reason", result["reason"]))
    counts = [f"{result[name]:,} {name}" for name in ("frames", "checks") if name in result]
    if counts:
        lines.append(_line("compared", ", ".join(counts)))
    if "cycles" in result:
        parts = [f"{result['cycles']:,}"]
        if "cycles_per_frame" in result:
            parts.append(f"{result['cycles_per_frame']:,} a frame")
        if "latency_cycles" in result:
            parts.append(f"latency {result['latency_cycles']:,}")
        lines.append(_line("cycles", ", ".join(parts)))
    if isinstance(result.get("ledger"), dict):
        lines.append(_line("ledger", "  ".join(f"{k} {v}" for k, v in result["ledger"].items())))
    if "words" in result:
        words = result["words"]
        lines.append(_line("words", words if isinstance(words, str) else " ".join(map(str, words))))
    speed = f", {result['sim_cycles_per_s']:,} cycles/s" if "sim_cycles_per_s" in result else ""
    lines.append(_line("wall", f"{result['wall_s']:.1f} s{speed}"))
    lines.append(_line("files", shown(out_dir)))
    lines.append(_line("rerun", result["rerun"]))
    return "\n".join(lines)


def _line(name: str, text: str) -> str:
    return f"  {name:<9}{text}"
