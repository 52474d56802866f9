# SPDX-License-Identifier: Apache-2.0
"""Lines and branches in the words of lcov (geninfo(1)), for genhtml and editors."""

from collections.abc import Iterator

from regressions.codecov.report import Report


def records(report: Report) -> Iterator[str]:
    """The lines of an ``.info`` file."""
    for file, points in report.by_file.items():
        yield "TN:"
        yield f"SF:{file}"
        branches = [point for point in points if point.kind == "branch"]
        lines = [point for point in points if point.kind == "line"]
        arms = dict.fromkeys((point.line for point in branches), 0)
        for point in branches:
            # Whether a branch that was never tried is `-` or 0 goes by its line.
            tried = report.counts.get(point._replace(column=0, kind="line", name=""), report.counts[point])
            yield f"BRDA:{point.line},0,{arms[point.line]},{report.counts[point] if tried else '-'}"
            arms[point.line] += 1
        yield f"BRF:{len(branches)}"
        yield f"BRH:{sum(report.counts[point] > 0 for point in branches)}"
        for point in lines:
            yield f"DA:{point.line},{report.counts[point]}"
        yield f"LF:{len(lines)}"
        yield f"LH:{sum(report.counts[point] > 0 for point in lines)}"
        yield "end_of_record"
