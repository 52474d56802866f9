# SPDX-License-Identifier: Apache-2.0
"""The console command `murmur`: train, prune, quantise, compile, run, report, evaluate. docs/flow.md.

Exit status: 0 done, 1 red or not possible on this machine, 2 a mistake in the call or in what it names, 130
interrupted.
"""

import sys
from pathlib import Path
from typing import Any

import click

from models import corpora, features
from models.text import one_line
from regressions.cli import Commands
from regressions.flow import data
from regressions.paths import shown
from regressions.registry import RegistryError

# The imports within commands are late: each needs packages or modules that the others do not.


def main() -> None:
    """Run the command line; a mistake in it is one line, too."""
    try:
        murmur.main(standalone_mode=False)
    except click.ClickException as error:
        text = " ".join(error.format_message().split())
        click.echo(f"error: {one_line(text)}", err=True)
        sys.exit(2)


class Filled(click.Command):
    """A command that takes no empty value: it would count as none, or as the folder one is in."""

    def invoke(self, ctx: click.Context) -> object:
        """Run it, or BadParameter."""
        for param in self.params:
            value = ctx.params.get(param.name or "")
            if value == "" or (isinstance(value, tuple) and "" in value):
                raise click.BadParameter("empty, want a value", ctx, param)
        return super().invoke(ctx)


class Flow(Commands):
    """The commands below, each of them so."""

    command_class = Filled


@click.group(cls=Flow, no_args_is_help=False)
def murmur() -> None:
    """From audio to a pruned 4-bit program: train a network, compile it, run it on model and RTL."""


def _run_option(required: bool = True):
    return click.option("--run", "run", required=required, metavar="RUN", help="The folder of the run.")


class Sizes(click.ParamType):
    """Neurons a layer, epochs a stage: 256,256."""

    name = "N,N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Whole numbers; anything else is a mistake."""
        try:
            return tuple(int(part) for part in value.split(",")) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r}, want whole numbers with commas, like 256,256", param, ctx)


@murmur.command()
@click.option("--task", type=click.Choice((*corpora.TASKS, "states")), required=True)
@click.option("--data", "where", required=True, help="A folder in its publisher's layout, or `spoken`.")
@click.option("--also", multiple=True, help="More to train on, as --data; may be given again.")
@click.option("--hold-out", help="This speaker is for testing only.")
@click.option("--run", help="Where everything goes; build/flow/TASK by default.")
@click.option("--seed", type=click.IntRange(0), default=1)
@click.option("--model", type=click.Choice(("snn", "gru")), help="gru: a float GRU of as many parameters.")
@click.option("--features", type=click.Choice(tuple(features.KINDS)), help="What the network is given.")
@click.option("--steps", type=int, help="Time steps a frame, 1 or 2.")
@click.option("--recurrence", help="frame or step.")
@click.option("--hidden", type=Sizes(), help="Neurons of the hidden layers before pruning.")
@click.option("--pruned", type=Sizes(), help="... and after.")
@click.option(
    "--epochs", type=Sizes(), metavar="N,N,N", help="At most so many of float, pruned and quantised training."
)
def train(
    task: str, where: str, also: tuple[str, ...], hold_out: str | None, run: str | None, **changes
) -> None:
    """Train a float network (PyTorch). Interrupted, the same call goes on where it was."""
    from models.train.recipes import recipe
    from regressions.flow import folder, stages

    # An option that is not given is the recipe's business.
    with data.wrong():
        made = recipe(task, **{key: value for key, value in changes.items() if value is not None})
    stages.need_torch()
    own, *_ = data.corpora_of(task, [where, *also], hold_out)
    with data.wrong():
        own.check_trainable()  # what is not there begins no run
    path = Path(run) if run else folder.FLOW / task
    folder.begin(path, folder.Config([where, *also], hold_out, made))
    stages.STAGES["train"].run(path)


def _stage(name: str, about: str) -> None:
    """A command that reads everything from the run's folder."""

    @murmur.command(name, help=about)
    @_run_option()
    def command(run: str) -> None:
        from regressions.flow import stages

        stages.STAGES[name].run(Path(run))


_stage("prune", "Take out neurons, rows of outputs and weights, and train what is left (PyTorch).")
_stage("quantise", "Train with 4-bit weights and the machine's integers (PyTorch).")
_stage("report", "Print what was trained, its size, scores and cost; RUN/report.md.")


@murmur.command("compile")
@_run_option(required=False)
@click.option("--weights", help="A network file in place of a run's; the program goes beside it.")
def compile_command(run: str | None, weights: str | None) -> None:
    """Make the program: image packets, a listing, sizes."""
    from models.networks import trained
    from regressions.flow import program, stages

    if bool(run) == bool(weights):
        raise RegistryError("murmur compile: want either --run or --weights")
    if run:
        stages.STAGES["compile"].run(Path(run))
        return
    assert weights
    with data.wrong():
        where = Path(weights).with_suffix(".program")
        click.echo(f"{program.table(program.write(trained(weights), where))}\nfiles {shown(where)}")


@murmur.command("run")
@_run_option()
@click.option("--rtl", is_flag=True, help="On the RTL too, compared with the model.")
def run_command(run: str, rtl: bool) -> None:
    """Score the run's network on what it has not heard of its data; RUN/run.json."""
    from regressions.flow import stages

    stages.STAGES["run"].run(Path(run), rtl)


@murmur.command()
@click.option("--data", "where", required=True, help="A folder with the folders that plan.toml names.")
@click.option("--jobs", type=click.IntRange(1), help="Trainings side by side; as many as cores by default.")
@click.option("--only", multiple=True, metavar="ROW", help="Only this row of plan.toml; may be given again.")
def results(where: str, jobs: int | None, only: tuple[str, ...]) -> None:
    """Do what is left of the trainings of docs/results.md (PyTorch, hours), and write that page."""
    from regressions.flow import stages
    from regressions.results import command

    stages.need_torch()
    command.results(Path(where), jobs, only)


@murmur.command()
@click.option("--data", "where", required=True, help="A folder of words in its publisher's layout.")
@click.option(
    "--weights", default="states", help="A network file; the shipped one of 1,920 states by default."
)
@click.option("--most", type=click.IntRange(0), default=0, help="Run at most so many files, evenly spaced.")
@click.option("--rtl", is_flag=True, help="Counted by the RTL, not by its model.")
@click.option("--json", "json_file", help="Write the figures here.")
def waterfall(where: str, weights: str, most: int, rtl: bool, json_file: str | None) -> None:
    """Work and storage, reduction by reduction, beside those of the paper S0."""
    from models.networks import trained
    from regressions.flow import waterfall as falls

    file = data.writable(json_file) if json_file else None
    with data.wrong():
        network = trained(weights)
    figures = falls.waterfall(network, where, rtl, most)
    if file:
        data.write_json(file, figures)
    click.echo(falls.table(figures))


@murmur.command()
@click.option("--task", type=click.Choice(corpora.TASKS), required=True)
@click.option("--data", "where", required=True, help="A folder in its publisher's layout, or `spoken`.")
@click.option("--weights", help="A network file; the one shipped for the task by default.")
@click.option("--most", type=click.IntRange(0), default=0, help="Score at most so many files, evenly spaced.")
@click.option("--rtl", is_flag=True, help="On the RTL too, compared with the model.")
@click.option("--json", "json_file", help="Write the figures here.")
def evaluate(task: str, where: str, weights: str | None, most: int, rtl: bool, json_file: str | None) -> None:
    """Score a network on the sound in a folder that it has not heard."""
    from regressions.flow import evaluate as evaluation

    file = data.writable(json_file) if json_file else None
    figures = evaluation.evaluate(task, [where], data.network(task, weights), rtl, most)
    if file:
        data.write_json(file, figures)
    click.echo(evaluation.table(figures))
    evaluation.judge(figures)


@murmur.command("import-nir")
@click.argument("graph")
@click.option("--out", required=True, help="The network file to write, NAME.safetensors.")
@click.option("--dt", type=float, default=1e-4, show_default=True, help="Seconds a step; norse's are 1e-3.")
@click.option(
    "--reset",
    type=click.Choice(("zero", "subtract", "subtract-late")),
    default="zero",
    show_default=True,
    help="What a spike does to its membrane, which no graph says; snnTorch's default is subtract-late.",
)
@click.option("--leak-tolerance", type=float, default=0.0, help="How far a leak may be from 1 - 2^-k.")
@click.option("--inputs", type=(int, int), default=(0, 1), show_default=True, help="Their range: LOW HIGH.")
@click.option("--input-scale", type=float, default=1.0, help="What an input of 1 is in the graph.")
@click.option("--exact", is_flag=True, help="Refuse a graph of which anything would be rounded.")
@click.option("--frames", help="Compare on these numbers: .npy, [sequences, steps, inputs].")
def import_nir(
    graph: str,
    out: str,
    leak_tolerance: float,
    inputs: tuple[int, int],
    input_scale: float,
    frames: str | None,
    **settings,
) -> None:
    """Make a network file of a NIR graph, and say how near it comes to it."""
    from regressions.flow import nir

    low, high = inputs
    nir.run(
        graph,
        out,
        frames,
        leak_tolerance=leak_tolerance,
        in_min=low,
        in_max=high,
        in_scale=input_scale,
        **settings,
    )
