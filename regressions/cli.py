# SPDX-License-Identifier: Apache-2.0
"""``python -m regressions.cli``: what the Makefile calls.

Exit status: 0 green, 1 red or not buildable, 2 a mistake in the call, 130 interrupted.
"""

import contextlib
import errno
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from regressions import doctor, launch, registry, summary
from regressions.build import BuildError
from regressions.paths import BUILD, shown
from regressions.toolchain import ToolchainError

# What a folder that cannot be written answers.
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EEXIST,
              errno.EISDIR, errno.EFBIG)  # fmt: skip


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
        yield
    except registry.RegistryError as error:
        _fail(error, 2)
    except (BuildError, ToolchainError) as error:
        _fail(error, 1)
    except OSError as error:
        # A write to an open file that finds the disk full names no file.
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        if error.errno not in UNWRITABLE or (error.filename is None and not full):
            raise
        # Of a copy or a rename the second name is the one written.
        place = Path(error.filename2 or error.filename or BUILD)
        _fail(f"cannot write {shown(place)}: {error.strerror}", 1)
    except KeyboardInterrupt:
        _fail("interrupted", 130)


def _seed(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        raise registry.RegistryError(f"SEED={text!r} is not a whole number")
    if len(text) > 18:
        raise registry.RegistryError(f"SEED={text} is too large, want at most 18 digits")
    return int(text)


def _tests(context: click.Context) -> dict[str, registry.Test]:
    return registry.load(context.obj or registry.TESTS)


@click.group()
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
@click.option(
    "--coverage", default="0", is_flag=False, flag_value="1", help="Write coverage.dat (slow: 5 to 9 times)."
)
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
    with _one_line():
        number = _seed(seed)
        chosen = dict(_pair(text) for text in settings)
        test = registry.configure(registry.find(_tests(context), name), chosen)
        extras = registry.switch("WAVES", waves), registry.switch("COVERAGE", coverage)
        result = launch.run(test, number, _rerun(name, number, *extras, chosen), *extras)
    click.echo(summary.block(result, BUILD / name / str(number)))
    sys.exit(0 if result["status"] == "pass" else 1)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise registry.RegistryError(f"--set {text!r}: want KEY=VALUE")
    return key, value


def _rerun(name: str, seed: int, waves: bool, coverage: bool, settings: dict[str, str]) -> str:
    # make expands $ in a variable given on its command line, so it is doubled.
    texts = [f"{key.upper()}={shlex.quote(value.replace('$', '$$'))}" for key, value in settings.items()]
    flags = ["WAVES=1"] * waves + ["COVERAGE=1"] * coverage
    return " ".join(["make sim", f"TEST={name}", f"SEED={seed}", *flags, *texts])


# The imports of what follows are late: each needs packages that the others do not.


@cli.command("waves")
@click.argument("name")
@click.option("--seed", default="1")
def waves_command(name: str, seed: str) -> None:
    """Open GTKWave on the run of the test NAME, with a save file made for it."""
    from regressions import waves

    with _one_line():
        sys.exit(waves.main(name, _seed(seed)))


@cli.command("demo")
@click.option("--seed", default="1")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="SAY= or WAV=.")
def demo_command(seed: str, settings: tuple[str, ...]) -> None:
    """Run speech through the RTL and show what happened inside, on one HTML page."""
    from tb.demo import page

    with _one_line():
        sys.exit(page.main(_seed(seed), dict(_pair(text) for text in settings)))


@cli.command("lint")
def lint_command() -> None:
    """Check the sources with every linter; all run, then the verdict."""
    from regressions import lint

    with _one_line():
        sys.exit(lint.main())


@cli.command("docs")
def docs_command() -> None:
    """Draw the figures of docs/ from the RTL's own waves."""
    from regressions import figures

    with _one_line():
        sys.exit(figures.main())


@cli.command("bench")
def bench_command() -> None:
    """Measure the design and the bench against their floors and aims; writes build/bench.json."""
    from tb import bench

    with _one_line():
        sys.exit(bench.main())


@cli.command("doctor")
def doctor_command() -> None:
    """Check this machine's tools: what was found and what is needed."""
    sys.exit(doctor.report())


if __name__ == "__main__":
    cli()
