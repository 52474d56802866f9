# SPDX-License-Identifier: Apache-2.0
"""``python -m regressions.cli``: what the Makefile calls.

Exit status: 0 green, 1 red or not buildable, 2 a mistake in the call, 130 interrupted.
"""

import contextlib
import errno
import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from models.text import one_line
from regressions import doctor, launch, registry, summary
from regressions.build import BuildError
from regressions.paths import BUILD, shown
from regressions.regress.jobs import command
from regressions.toolchain import ToolchainError

# What a folder that cannot be written answers.
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.EFBIG)


def _fail(message: object, status: int) -> None:
    click.echo(f"error: {message}", err=True)
    sys.exit(status)


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    """Turn what a user can mend into one line and an exit status; a bug of ours keeps its trace."""
    # A `kill` must stop the simulator as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell starts what runs in the background with Ctrl-C ignored; `kill -INT` shall stop that too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            yield
        finally:
            print(end="", flush=True)
    except registry.RegistryError as error:
        _fail(one_line(str(error)), 2)  # a setting may hold anything
    except (BuildError, ToolchainError) as error:
        _fail(error, 1)
    except OSError as error:
        _fail(_of_the_system(error), 1)
    except KeyboardInterrupt:
        _fail("interrupted", 130)


def _of_the_system(error: OSError) -> str:
    """What ``error`` means for a user; raises it again when it is none that he can mend."""
    lost = error if error.errno == errno.EPIPE else None  # no other pipe of ours is written to
    try:
        print(end="", flush=True)  # what it could not write the first time it may have kept
    except OSError as again:
        lost = again
    if lost:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python tries again at its end
        return f"cannot write to standard output: {lost.strerror}"
    # Of a copy or a rename the second name is the one written.
    place = error.filename2 or error.filename
    where = Path(place or BUILD)
    if error.errno == errno.ENOENT and place and where.is_relative_to(BUILD):
        return f"{shown(where)}: removed while it was in use"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):  # of a write to an open file this names no file
        # Nobody knows our temporary files, which are hidden: the folder around them is what is full.
        return f"cannot write {re.sub(r'/[.].*', '', shown(where))}: {error.strerror}"
    if error.errno in UNWRITABLE and place:
        return f"cannot write {shown(where)}: {error.strerror}"
    raise error


def _seed(text: str) -> int:
    seed = registry.number("SEED", text)
    if seed < 0:
        raise registry.RegistryError(f"SEED={text}: want 0 or more")
    return seed


def _tests(context: click.Context) -> dict[str, registry.Test]:
    return registry.load(context.obj or registry.TESTS)


class Commands(click.Group):
    """Commands of which each answers a mistake with one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        with _one_line():
            return super().invoke(ctx)


@click.group(cls=Commands)
@click.pass_context
def cli(context: click.Context) -> None:
    """Run murmur's tests."""


@cli.command("list")
@click.pass_context
def list_tests(context: click.Context) -> None:
    """Name every test, with its parameters and their defaults."""
    for test in _tests(context).values():
        click.echo(f"{test.name:<16}{test.about}")
        settings = {**test.build.params, **test.params}
        if settings:
            texts = (f"{key.upper()}={shlex.quote(str(value))}" for key, value in settings.items())
            click.echo(f"{'':<16}{' '.join(texts)}")


@cli.command()
@click.argument("name")
@click.option("--seed", default="1", help="A whole number; every random stream derives from it.")
@click.option(
    "--waves", default="0", is_flag=False, flag_value="1", help="Write waves.fst (slow: 14 to 20 times)."
)
@click.option("--coverage", default="0", is_flag=False, flag_value="1", help="Write coverage.dat (slow).")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A parameter of the test.")
@click.pass_context
def sim(
    context: click.Context,
    name: str,
    seed: str,
    waves: str,
    coverage: str,
    settings: tuple[str, ...],
) -> None:
    """Run the test NAME and judge it."""
    number = _seed(seed)
    chosen = dict(_pair(text) for text in settings)
    test = registry.configure(registry.find(_tests(context), name), chosen)
    extras = registry.switch("WAVES", waves), registry.switch("COVERAGE", coverage)
    result = launch.run(test, number, command(name, number, chosen, *extras), *extras)
    click.echo(summary.block(result, BUILD / name / str(number)))
    sys.exit(0 if result["status"] == "pass" else 1)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        raise registry.RegistryError(f"--set {text!r}: want KEY=VALUE, KEY of letters, digits and _")
    return key, value


# The imports of what follows are late: each needs packages that the others do not.


@cli.command("regress")
@click.option("--list", "name", default="smoke", help="A list of regressions/*.toml.")
@click.option("--jobs", default="", help="How many at once here; as many as there are processors.")
@click.option("--executor", default="", help="dask://host:port in place of processes of this machine.")
@click.pass_context
def regress_command(context: click.Context, name: str, jobs: str, executor: str) -> None:
    """Run a list of tests and report."""
    from regressions.regress import regression

    sys.exit(regression.main(name, jobs, executor, context.obj or registry.TESTS))


@cli.command("job", hidden=True)
def job_command() -> None:
    """Run the one job that standard input tells (regressions/regress/work.py)."""
    from regressions.regress import work

    work.child()


@cli.command("rerun")
@click.pass_context
def rerun_command(context: click.Context) -> None:
    """Repeat the failures of the last report with waves."""
    from regressions.regress import rerun

    sys.exit(rerun.main(context.obj or registry.TESTS))


@cli.command("waves")
@click.argument("name")
@click.option("--seed", default="1")
def waves_command(name: str, seed: str) -> None:
    """Open GTKWave on the run of the test NAME, with a save file made for it."""
    from regressions import waves

    sys.exit(waves.main(name, _seed(seed)))


@cli.command("demo")
@click.option("--seed", default="1")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="SAY= or WAV=.")
def demo_command(seed: str, settings: tuple[str, ...]) -> None:
    """Run speech through the RTL and show what happened inside, on one HTML page."""
    from tb.demo import page

    sys.exit(page.main(_seed(seed), dict(_pair(text) for text in settings)))


@cli.command("cov")
@click.option("--list", "name", default="", help="Whose goal: smoke, nightly or full.")
def cov_command(name: str) -> None:
    """Show the coverage of the last report, or of all runs of lists; red when a goal is missed."""
    from regressions.regress import cov

    sys.exit(cov.main(name))


@cli.command("mutate")
@click.option("--mutants", default="", help="Some only: ids, modules or `sample`, with commas.")
@click.option("--jobs", default="", help="Runs side by side; as many as there are cores.")
def mutate_command(mutants: str, jobs: str) -> None:
    """Plant the listed bugs, run the kill list on each, and print which run found which."""
    from regressions.mutate import command

    sys.exit(command.main(mutants, jobs))


@cli.command("formal")
@click.option("--proof", default="", help="One proof only.")
def formal_command(proof: str) -> None:
    """Prove what regressions/formal lists; every planted bug must break its proof."""
    from regressions import prove

    sys.exit(prove.main(proof))


@cli.command("lint")
def lint_command() -> None:
    """Check the sources with every linter; all run, then the verdict."""
    from regressions import lint

    sys.exit(lint.main())


@cli.command("docs")
def docs_command() -> None:
    """Draw the figures of docs/ from the RTL's own waves."""
    from regressions import figures

    sys.exit(figures.main())


@cli.command("example")
def example_command() -> None:
    """Run the C driver of docs/integration on the RTL."""
    from regressions import example

    sys.exit(example.main())


@cli.command("bench")
@click.option("--data", default="", help="A folder of words, for the figures of recorded speech.")
def bench_command(data: str) -> None:
    """Measure the design and the bench against their floors and aims; writes build/bench.json."""
    from tb import bench

    sys.exit(bench.main(data))


@cli.command("doctor")
def doctor_command() -> None:
    """Check this machine's tools: what was found and what is needed."""
    sys.exit(doctor.report())


if __name__ == "__main__":
    cli()
