# SPDX-License-Identifier: Apache-2.0
"""docs/results.md: its list of trainings, what runs them, and the page, which nobody writes by hand."""

import json
import sys
from pathlib import Path

import pytest

from regressions.registry import RegistryError
from regressions.results import collect, page, plan, trainings
from regressions.results.plan import Training

TOY = """
import json, pathlib, sys
stage, run = sys.argv[1], pathlib.Path(sys.argv[sys.argv.index("--run") + 1])
run.mkdir(exist_ok=stage != "train")  # as the real one, which takes no folder that holds something
(run / "calls").open("a").write(stage + "\\n")
if "break" in sys.argv and stage == "prune":
    sys.exit(1)
made = {"train": "float.json", "prune": "pruned.json"}[stage]
(run / made).write_text(json.dumps(sys.argv[1:]))
"""


def written(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return path


def test_the_plan_that_is_there_is_one(tmp_path):
    found = plan.trainings(tmp_path)
    assert {training.task for training in found} >= {"digits", "keywords", "phones"}
    assert all(str(training.data).startswith(str(tmp_path)) for training in found)
    assert any(training.rtl for training in found)


def test_seeds_and_speakers_make_a_training_each(tmp_path):
    path = written(
        tmp_path,
        """
        data = { digits = "a/b", keywords = "c" }
        [[trainings]]
        name = "d"
        task = "digits"
        also = ["keywords"]
        seeds = [3, 4]
        hold_out = ["theo", "lucas"]
        options = { steps = 1 }
        stages = ["quantise"]
        rtl = true
        """,
    )
    found = plan.trainings(tmp_path, path)
    assert [one.name for one in found] == ["d-theo-3", "d-theo-4", "d-lucas-3", "d-lucas-4"]
    assert [one.rtl for one in found] == [True, False, True, False]
    (_, train), (_, quantise), (figures, score) = found[0].commands(tmp_path / "home")
    assert train == [
        "train", "--task", "digits", "--data", f"{tmp_path}/a/b", "--seed", "3", "--also", f"{tmp_path}/c",
        "--hold-out", "theo", "--steps", "1", "--run", f"{tmp_path}/home/d-theo-3",
    ]  # fmt: skip
    assert quantise == ["quantise", "--run", f"{tmp_path}/home/d-theo-3"]
    assert (figures.name, score) == ("run.json", ["run", "--run", f"{tmp_path}/home/d-theo-3", "--rtl"])


def test_the_first_network_is_run_elsewhere_too(tmp_path):
    path = written(
        tmp_path,
        """
        data = { phones = "a", digits = "b" }
        [[trainings]]
        name = "p"
        task = "phones"
        seeds = [1, 2]
        hold_out = ["0", "1"]
        elsewhere = "digits"
        """,
    )
    first, *others = plan.trainings(tmp_path, path)
    assert (first.elsewhere, [one.elsewhere for one in others]) == (tmp_path / "b", [None] * 3)
    *_, (figures, evaluate) = first.commands(tmp_path / "home")
    run = tmp_path / "home" / "p-0-1"
    assert figures == run / "elsewhere.json" and evaluate == [
        "evaluate", "--task", "phones", "--data", f"{tmp_path}/b", "--weights", f"{run}/network.safetensors",
        "--rtl", "--json", f"{run}/elsewhere.json",
    ]  # fmt: skip
    (tmp_path / "a").mkdir()
    assert [one.absent for one in (first, others[0])] == [tmp_path / "b", None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('task = "digit"', "plan.toml: d: no data of 'digit', did you mean digits?"),
        ('task = "digits"\nelsewhere = "digit"', "plan.toml: d: no data of 'digit', did you mean digits?"),
        (
            'task = "digits"\nelsewhere = "digits"\nstages = ["prune"]',
            "plan.toml: d: elsewhere, want quantise",
        ),
        ('task = "digits"\nstages = ["compile"]', "want one of prune, quantise"),
        ('task = "digits"\nseed = 1', "no key 'seed', did you mean seeds?"),
        ('task = "digits"\n[[trainings]]\nname = "d"\ntask = "digits"', "two trainings are called d-1"),
    ],
)
def test_a_mistake_in_the_plan_is_named(change, message, tmp_path):
    path = written(tmp_path, f'data = {{ digits = "a" }}\n[[trainings]]\nname = "d"\n{change}\n')
    with pytest.raises(RegistryError, match=message):
        plan.trainings(tmp_path, path)


def toy(tmp_path, monkeypatch, **fields):
    (tmp_path / "murmur.py").write_text(TOY)
    monkeypatch.setattr(trainings, "MURMUR", (sys.executable, str(tmp_path / "murmur.py")))
    return Training("row", "digits", tmp_path, (), 1, "", **{"stages": ("prune",), **fields})


def test_what_is_done_is_not_done_again(tmp_path, monkeypatch):
    training = toy(tmp_path, monkeypatch)
    home = tmp_path / "home"
    assert trainings.run([training], 2, home) == {}
    assert trainings.run([training], 2, home) == {}
    assert (home / "row-1" / "calls").read_text().split() == ["train", "prune"]
    (home / "row-1" / "pruned.json").unlink()
    trainings.run([training], 2, home)
    assert (home / "row-1" / "calls").read_text().split() == ["train", "prune", "prune"]
    assert "train: " in (home / "row-1.log").read_text()


def test_a_step_that_fails_ends_its_training_alone(tmp_path, monkeypatch):
    good = toy(tmp_path, monkeypatch)
    bad = Training("bad", "digits", tmp_path, (), 1, "", {"x": "break"}, ("prune",))
    (tmp_path / "murmur.py").write_text(TOY.replace('"break" in sys.argv', '"bad-1" in str(run)'))
    failed = trainings.run([bad, good], 1, tmp_path / "home")
    assert list(failed) == ["bad-1"]
    assert "murmur prune ended with 1, see " in failed["bad-1"]
    assert (tmp_path / "home" / "row-1" / "pruned.json").exists()


def test_absent_recordings_are_named(tmp_path):
    training = Training("row", "digits", tmp_path, (tmp_path / "none",), 1, "")
    assert training.absent == tmp_path / "none"
    also = (Path("spoken"),)  # which is no folder
    assert Training("row", "digits", tmp_path, also, 1, "").absent is None


def test_spread():
    assert page.spread([0.9, 0.92, None]) == "91.0 (90.0..92.0)"
    assert page.spread([0.5]) == "50.0"
    assert page.spread([]) == "-"


def trained(row, task="digits", hold_out="", **scores):
    return {
        "row": row, "task": task, "hold_out": hold_out, "seed": 1, "float_parameters": 1000,
        "stages": {"float": {"accuracy": 0.5}}, "scores": {"spike_densities": {"h1": 0.1}, **scores},
    }  # fmt: skip


def test_what_stands_in_the_column_of_the_rtl_is_of_the_same_measure_as_the_stages():
    (words,) = page.rows([trained("digits", rtl=0.9)])
    (frames,) = page.rows([trained("phones", "phones", rtl=0.7, frame_accuracy={"rtl": 0.6})])
    assert (words["rtl"], frames["rtl"]) == ("90.0", "60.0")


def test_float_is_scored_in_float32_where_it_was():
    trainings = [trained("a"), trained("b", float=0.6), trained("c", "phones", frame_accuracy={"float": 0.7})]
    assert [line["float"] for line in page.rows(trainings)] == ["50.0", "60.0", "70.0"]


def test_each_speaker_left_out_stands_once():
    def of(row, hold_out, score, **more):
        groups = {"unseen speakers": {"files": 9, "float": score, "quantised": score - 0.1}}
        return trained(row, hold_out=hold_out, groups=groups, **more)

    done = [
        of("digits-one-step", "", 0.2), of("digits", "", 0.9), of("digits", "", 0.1),
        trained("digits-gru", groups={}), of("digits-without", "lucas", 0.8),
        of("words", "x", 0.3) | {"task": "words"},
    ]  # fmt: skip
    found = page.left_out(done)
    assert [(one["speaker"], one["float"]) for one in found] == [("lucas", 0.8), ("theo", 0.9)]
    for one in done:
        one["scores"] |= dict.fromkeys(("corpus", "about", "metric"), "")
    about = dict.fromkeys(("date", "commit", "machine"), "") | {"absent": []}
    text = page.render(about | {"trainings": dict(enumerate(done))})
    assert "| lucas | 9 | 80.0 | 70.0 |\n| theo | 9 | 90.0 | 80.0 |\n| mean of 2 | | 85.0 | 75.0 |\n" in text


def test_the_page_says_what_was_run_elsewhere():
    one = trained("phones", "phones", corpus="c", about="a", metric="m", groups={})
    one["elsewhere"] = {
        "corpus": "others", "metric": "phone error rate", "quantised": 0.81,
        "rtl": 0.82, "frames": 1234, "rtl_utterances": 300, "mismatches": 2, "cycles_per_frame": 180.6,
    }  # fmt: skip
    about = dict.fromkeys(("date", "commit", "machine"), "") | {"absent": []}
    text = " ".join(page.render(about | {"trainings": {"one": one}}).split())
    assert (
        "phones on other sound (others), of which it has heard nothing, not comparable with any published"
        " score: phone error rate 81.0 as the model runs it and 82.0 on the RTL; 1,234 frames of 300"
        " utterances, 2 of them unlike the model; 181 cycles a frame." in text
    )


def test_only_runs_without_a_mismatch_count_as_equal():
    """Utterances on the RTL of four seeds, one of them scored without it."""
    good = trained("digits", rtl_utterances=200, mismatches=0)
    bad = trained("digits", rtl_utterances=30, mismatches=1)
    (line,) = page.rows([trained("digits"), good, bad, good])
    assert line["equal"] == "400"


def test_the_page_is_what_its_figures_make():
    assert page.PAGE.read_text() == page.render(json.loads(page.FIGURES.read_text()))


def test_what_was_run_elsewhere_is_collected(tmp_path):
    """From the file of its own; a training that should have one and has none is not done."""
    training = Training("row", "phones", tmp_path, (), 1, "", stages=(), elsewhere=tmp_path)
    run = tmp_path / "row-1"
    run.mkdir()
    described = {"shape": {}, "parameters": 1, "scores": {"test": {"accuracy": 0.5}}, "seconds": 1}
    (run / "float.json").write_text(json.dumps(described))
    assert collect.of(training, tmp_path) is None
    (run / "elsewhere.json").write_text(json.dumps({"rtl": 0.8, "files": 3, "ledger": {}}))
    found = collect.of(training, tmp_path)
    assert found is not None and found["elsewhere"] == {"rtl": 0.8, "files": 3}
