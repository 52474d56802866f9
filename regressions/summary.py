# SPDX-License-Identifier: Apache-2.0
"""The block of lines that ends a run on the terminal."""

from pathlib import Path

from regressions.paths import shown

SHOWN_WORDS = 20


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
    counted = [f"{name} {value:,}" for name, value in (result.get("ledger") or {}).items() if value]
    lines += [
        _line("ledger" if at == 0 else "", "  ".join(counted[at : at + 5]))
        for at in range(0, len(counted), 5)
    ]
    if "words" in result:
        words = result["words"]
        more = f" ... ({len(words)} in all)" if len(words) > SHOWN_WORDS else ""
        lines.append(_line("words", " ".join(map(str, words[:SHOWN_WORDS])) + more))
    speed = f", {result['sim_cycles_per_s']:,} cycles/s" if "sim_cycles_per_s" in result else ""
    lines.append(_line("wall", f"{result['wall_s']:.1f} s{speed}"))
    lines.append(_line("files", shown(out_dir)))
    lines.append(_line("rerun", result["rerun"]))
    return "\n".join(lines)


def _line(name: str, text: str) -> str:
    return f"  {name:<9}{text}"
