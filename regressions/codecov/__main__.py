# SPDX-License-Identifier: Apache-2.0
"""``python -m regressions.codecov FILE...``: merge coverage data, write the report, print the table.

Exit status: 0, or 1 when a file could not be used or a goal given with --goal was missed.
"""

import sys
from pathlib import Path

import click

from regressions.codecov import check, merge
from regressions.codecov.table import table
from regressions.paths import BUILD, shown
from regressions.registry import RegistryError


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--out", default=BUILD / "report", type=click.Path(path_type=Path), help="Where the report goes."
)
@click.option(
    "--goal", "goals", multiple=True, type=(str, float), metavar="KIND PERCENT", help="As line 100."
)
@click.option("--holes", is_flag=True, help="Name every point that was never met.")
def main(files: tuple[Path, ...], out: Path, goals: tuple[tuple[str, float], ...], holes: bool) -> None:
    """Merge the coverage data FILES."""
    try:
        report = merge(files, out, dict(goals))
        missed = check(report, dict(goals))
    except (RegistryError, ValueError, OSError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    click.echo(table(report, holes))
    click.echo(f"report  {shown(out / 'code' / 'index.html')}, {shown(out / 'code.info')}")
    for line in missed:
        click.echo(f"error: {line}", err=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
