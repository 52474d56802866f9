# SPDX-License-Identifier: Apache-2.0
"""The console command without PyTorch: evaluate, compile, and what it answers to mistakes."""

import json
import resource
import sys
from itertools import groupby

import numpy as np
import pytest
import soundfile

from models import corpora
from models.compiler import compile_network
from models.corpora import cache
from models.formats import BuildConfig
from models.images import Images
from models.inference import algebra
from models.network import LifLayer, Network, OutputLayer
from models.networks import digits as shipped_digits
from models.networks import shipped
from models.scoring import distance
from models.tests.dense_network import dense
from models.weight_file import WEIGHTS, save
from regressions.flow import evaluate, folder, program, rtl
from regressions.tests import flow_data

SHIPPED = WEIGHTS / "digits.safetensors"
EVALUATE = ["evaluate", "--task", "digits", "--data", "x"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return flow_data.digits(tmp_path_factory.mktemp("sound") / "digits")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory, monkeypatch):
    monkeypatch.setattr(cache, "FOLDER", tmp_path_factory.getbasetemp() / "features")
    monkeypatch.setattr(rtl, "HOME", tmp_path_factory.getbasetemp() / "rtl")


@pytest.fixture(autouse=True)
def no_pytorch(monkeypatch):
    """PyTorch cannot be found, also where it is installed."""
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.fixture
def call(monkeypatch, capsys):
    """Return a function from arguments to (status, standard output, standard error)."""

    def run(*args: object) -> tuple[int, str, str]:
        return flow_data.within(monkeypatch, capsys, *args)

    return run


@pytest.fixture
def refused(call):
    """Return a function from arguments to the one line that a mistake is answered with."""

    def run(*args: object) -> str:
        status, out, err = call(*args)
        assert (status, out) == (2, ""), err
        assert err.startswith("error: ") and err.count("\n") == 1, err
        return err[7:-1]

    return run


def network_file(path, **card) -> None:
    """The integers of the shipped digits with another card."""
    file = shipped("digits")
    save(path, file.network, {**file.card, "float": None, **card})


def test_command_is_installed():
    done = flow_data.murmur("--help")
    assert done.returncode == 0, done.stderr
    commands = done.stdout.split("Commands:\n")[1]
    assert {line.split()[0] for line in commands.splitlines() if line.strip()} >= {
        "compile", "evaluate", "prune", "quantise", "report", "results", "run", "train", "waterfall",
    }  # fmt: skip


def test_a_speaker_whom_nobody_knows_was_not_seen(tmp_path, call):
    """Even if the card of an older network has "" among those that it has heard."""
    sound = flow_data.tones(tmp_path / "tones", 1)
    for inner in sound.iterdir():
        inner.rename(inner.with_name({"high": "one", "low": "two"}[inner.name]))
    network_file(tmp_path / "net.safetensors", trained_on={"speakers": [""], "sounds": []})
    at = ("--task", "digits", "--data", sound, "--weights", tmp_path / "net.safetensors")
    assert call("evaluate", *at, "--json", tmp_path / "found.json")[0] == 0
    assert list(json.loads((tmp_path / "found.json").read_text())["groups"]) == ["unknown speakers"]


def test_evaluate_scores_what_was_never_heard(tmp_path, sound, call):
    """A card that knows one speaker and some sounds: they are left out, and the rest is told apart."""
    corpus = corpora.read("digits", sound)
    marks = dict(zip((u.name for u in corpus.utterances), corpora.fingerprints(corpus), strict=True))
    heard = [marks[name] for name in ("0_alex_0", "3_alex_0", "9_kim_1")]
    network_file(tmp_path / "net.safetensors", trained_on={"speakers": ["alex"], "sounds": heard})
    at = ("--task", "digits", "--data", sound, "--weights", tmp_path / "net.safetensors")
    status, out, _ = call("evaluate", *at, "--json", tmp_path / "found.json")
    assert status == 0
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["task"], found["files"], found["left_out"]) == ("digits", 17, 3)
    assert (found["metric"], found["float"]) == ("word accuracy", None)
    assert found["float_reason"] == "the network file has no float half"
    files = {group: scores["files"] for group, scores in found["groups"].items()}
    assert files == {"seen speakers": 8, "unseen speakers": 9}
    kept = [i for i, u in enumerate(corpus.utterances) if marks[u.name] not in heard]
    features = corpora.features(corpus)
    said = [corpora.corpus.DIGITS.index(corpus.utterances[i].label) for i in kept]
    right = algebra(shipped_digits(), [features[i] for i in kept]).sums.argmax(axis=1) == said
    assert found["quantised"] == round(right.mean(), 4) > 0.8
    assert f"{100 * found['quantised']:.2f} %" in out and "17 files" in out and "3 more left out" in out


def test_phones_are_scored_by_frames_and_by_edits(tmp_path, call):
    """A network that knows nothing, and sentences of two phones by two speakers."""
    for speaker in ("fabc0", "mxyz0"):
        (tmp_path / "timit" / speaker).mkdir(parents=True)
        time = np.arange(8000) / 16000
        soundfile.write(tmp_path / "timit" / speaker / "si1.wav", 0.3 * np.sin(2000 * time), 16000)
        (tmp_path / "timit" / speaker / "si1.phn").write_text("0 2000 h#\n2000 5000 iy\n5000 8000 ao\n")
    labels = corpora.phones.PHONES
    network = dense(3, (40, 12, 12, len(labels)))
    card = {"task": "phones", "labels": list(labels), "features": {"kind": "log-mel"}}
    save(tmp_path / "net.safetensors", network, card)
    at = ("--task", "phones", "--data", tmp_path / "timit", "--weights", tmp_path / "net.safetensors")
    status, out, err = call("evaluate", *at, "--json", tmp_path / "found.json")
    assert status == 0, err
    found = json.loads((tmp_path / "found.json").read_text())
    heard = algebra(network, corpora.features(corpora.read("phones", tmp_path / "timit")))
    middles = 0.0125 + 0.01 * np.arange(len(heard.best[0]))
    truth = [labels.index("sil" if at < 0.125 else "iy" if at < 0.3125 else "aa") for at in middles]
    right = np.mean([best == truth for best in heard.best])
    assert (found["metric"], found["files"]) == ("phone error rate", 2)
    assert found["frame_accuracy"] == {"float": None, "quantised": round(right, 4)}
    runs = [[list(run) for _, run in groupby(best.tolist())] for best in heard.best]
    long = [[labels[run[0]] for run in own if len(run) >= 3] for own in runs]
    said = [[name for name, _ in groupby(own) if name != "sil"] for own in long]
    edits = sum(distance(["iy", "aa"], one) for one in said)
    assert found["quantised"] == edits / 4 > 0
    assert f"{100 * edits / 4:.2f} %" in out


def test_rtl_hears_what_the_model_hears(tmp_path, sound, call):
    at = ("--task", "digits", "--data", sound, "--most", 12, "--json", tmp_path / "found.json")
    status, out, err = call("evaluate", *at, "--rtl")
    assert status == 0, out + err
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["files"] == found["rtl_utterances"] == 12
    assert found["rtl"] == found["quantised"] > 0.8
    assert found["mismatches"] == 0
    assert found["ledger"]["FRAMES"] == found["frames"]
    assert found["cycles_per_frame"] == pytest.approx(found["ledger"]["CYCLES"] / found["frames"], rel=0.02)
    spikes = found["ledger"]["SPIKES0"] / (found["frames"] * 2 * 128)
    assert found["spike_densities"]["h1"] == pytest.approx(spikes, abs=1e-4)
    assert "12 utterances" in out and "0 mismatches" in out


def test_rtl_that_hears_something_else_is_red(sound, call, monkeypatch):
    real = rtl.run

    def spoilt(file, features):
        found = real(file, features)
        found.heard.best[1][0] += 1
        return found

    monkeypatch.setattr(evaluate.rtl, "run", spoilt)
    status, out, _ = call("evaluate", "--task", "digits", "--data", sound, "--most", 3, "--rtl")
    assert status == 1 and " 1 mismatches" in out


def test_red_run_is_one_line(sound, call, monkeypatch):
    red = {"status": "fail", "reason": "3 mismatches"}
    monkeypatch.setattr(rtl.launch, "run", lambda *_args, **_settings: red)
    status, out, err = call("evaluate", "--task", "digits", "--data", sound, "--most", 3, "--rtl")
    assert (status, out) == (1, "")
    again = "make sim TEST=network LANES=128 RESULT_W=512"
    assert err.startswith(f"error: the RTL's run is red: 3 mismatches; again: {again}")
    assert err.count("\n") == 1


def test_models_that_differ_are_a_defect(sound, call, monkeypatch):
    monkeypatch.setattr(evaluate.inference, "algebra", lambda network, features: spoilt(network, features))

    def spoilt(network, features):
        heard = algebra(network, features)
        heard.sums[0] += 1
        return heard

    with pytest.raises(AssertionError, match="the two models of the network differ in 1 of 8 utterances"):
        call("evaluate", "--task", "digits", "--data", sound, "--most", 8)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "Missing command."),
        (["evalute"], "No such command 'evalute'. Did you mean 'evaluate'?"),
        (["evaluate", "--task", "digits"], "Missing option '--data'."),
        (["evaluate", "--task", "digit", "--data", "x"], "Invalid value for '--task': 'digit' is not one of"),
        (["evaluate", "--task", "digits", "--data", "/no"], "/no: no such folder"),
        (["evaluate", "--task", "phones", "--data", "x"], "phones: no such network is shipped, want digits"),
        ([*EVALUATE, "--most", "-1"], "Invalid value for '--most': -1 is"),
        ([*EVALUATE, "--json", "/no/x"], "/no/x: no such folder"),
        ([*EVALUATE, "--json", "/dev/null"], "/dev/null: not a plain file"),
        ([*EVALUATE, "--json", ""], "Invalid value for '--json': empty, want a value"),
        ([*EVALUATE, "--task", "words", "--weights", SHIPPED], f"{SHIPPED}: a network for digits, not for"),
        (["train", *EVALUATE[1:], "--hidden", "8,x"], "Invalid value for '--hidden': '8,x'"),
        (["train", *EVALUATE[1:], "--features", "plp"], "Invalid value for '--features': 'plp' is not"),
        (["train", *EVALUATE[1:], "--steps", "3"], "steps 3, want 1 or 2"),
        (["compile"], "murmur compile: want either --run or --weights"),
        (["compile", "--weights", "/no/net.safetensors"], "/no/net.safetensors is missing"),
        (["prune", "--run", "/no"], "/no: no run there, `murmur train` begins one"),
    ],
)  # fmt: skip
def test_wrong_call(refused, args, said):
    assert refused(*args).startswith(said)


def test_network_for_other_sound(tmp_path, sound, refused):
    def evaluated(name: str, **card) -> str:
        network_file(tmp_path / name, **card)
        return refused(
            "evaluate", "--task", card.get("task", "digits"), "--data", where, "--weights", tmp_path / name
        )

    where = sound
    labels = ["null", *corpora.corpus.DIGITS[1:]]
    assert evaluated("a.safetensors", labels=labels).startswith(
        "Free Spoken Digit Dataset: label 'zero' is none of"
    )
    assert evaluated("b.safetensors", labels=[]).endswith("its card names no labels or no features of sound")
    assert (
        evaluated("c.safetensors", features={"kind": "plp"}) == "features of kind 'plp', want log-mel or mfcc"
    )
    corpus = corpora.read("digits", sound)
    heard = {"speakers": [], "sounds": corpora.fingerprints(corpus)}
    assert evaluated("d.safetensors", trained_on=heard).endswith("trained on or watched with all 20 sounds")
    damaged = (tmp_path / "a.safetensors").read_bytes()[:-1]
    (tmp_path / "a.safetensors").write_bytes(damaged)
    said = refused("evaluate", "--task", "digits", "--data", sound, "--weights", tmp_path / "a.safetensors")
    assert said.startswith(f"{tmp_path}/a.safetensors is damaged")


def test_training_without_pytorch_is_one_line(tmp_path, sound, call):
    status, out, err = call("train", "--task", "digits", "--data", sound, "--run", tmp_path / "run")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: PyTorch is not installed, which only training needs: ")
    assert err.endswith("/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu\n")
    assert not (tmp_path / "run").exists()


def begun(path, task="digits", **changes):
    """A run's folder as `murmur train` begins it."""
    from models.train.recipes import recipe

    folder.begin(path, folder.Config(["x"], None, recipe(task, **changes)))


def test_run_of_something_else(tmp_path):
    begun(tmp_path / "run")
    begun(tmp_path / "run")
    for changes, said in [
        ({"task": "keywords"}, "run: a run of digits, want another --run"),
        ({"seed": 2}, "run: begun with seed 1, now 2; want the same or another --run"),
        ({"features": "mfcc"}, "run: begun with features log-mel, now mfcc; want the same or another --run"),
        ({"hidden": (64, 64), "pruned": (9, 9)}, "run: begun with hidden [256, 256], now [64, 64]; want"),
    ]:
        with pytest.raises(folder.RegistryError, match=r"(?s).*") as refused:
            begun(tmp_path / "run", **changes)
        assert str(refused.value).startswith(f"{tmp_path}/{said}")
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(folder.RegistryError, match="holds something else, want a new folder"):
        begun(tmp_path)
    assert (tmp_path / "thesis.txt").exists() and not (tmp_path / "config.json").exists()
    with pytest.raises(folder.RegistryError, match=r"thesis\.txt: a file, want the folder of a run"):
        begun(tmp_path / "thesis.txt")


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 0}', '{"version": 1, "recipe": {"task": "x"}}'])
def test_damaged_run(tmp_path, refused, text):
    (tmp_path / "config.json").write_text(text)
    assert refused("prune", "--run", tmp_path).startswith(f"{tmp_path}/config.json: damaged (")


def test_run_of_a_version_with_other_settings(tmp_path, refused):
    """One that this version has not, and none in place of one that it has: no default may slip in."""
    begun(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    more = {**config["recipe"], "teacher": 0.0}
    less = {key: value for key, value in config["recipe"].items() if key != "surrogate"}
    for settings, why in (
        (more, "recipe: no 'teacher', want one of averaging,"), (less, "recipe: no 'surrogate')")
    ):  # fmt: skip
        (tmp_path / "config.json").write_text(json.dumps({**config, "recipe": settings}))
        said = refused("prune", "--run", tmp_path)
        assert said.startswith(f"{tmp_path}/config.json: damaged ({why}")
        assert said.endswith("); want another --run")


@pytest.mark.parametrize(
    ("stage", "lacks", "command"),
    [
        ("prune", "float.safetensors", "train"), ("quantise", "float.safetensors", "train"),
        ("compile", "network.safetensors", "quantise"), ("run", "network.safetensors", "quantise"),
        ("report", "network.safetensors", "quantise"),
    ],
)  # fmt: skip
def test_stage_before_the_one_that_it_needs(tmp_path, refused, stage, lacks, command):
    begun(tmp_path / "run")
    said = f"{tmp_path}/run: no {lacks} there, `murmur {command}` leaves it"
    assert refused(stage, "--run", tmp_path / "run") == said


def test_report_before_the_run(tmp_path, refused):
    begun(tmp_path / "run")
    network_file(tmp_path / "run" / "network.safetensors")
    assert refused("report", "--run", tmp_path / "run").endswith(
        "no program/sizes.json there, `murmur compile` leaves it"
    )


def test_report_of_damaged_figures(tmp_path, refused):
    begun(tmp_path / "run")
    network_file(tmp_path / "run" / "network.safetensors")
    program.write(shipped("digits"), tmp_path / "run" / "program")
    (tmp_path / "run" / "run.json").write_text("{")
    said = refused("report", "--run", tmp_path / "run")
    assert said.startswith(f"{tmp_path}/run/run.json: damaged (") and said.endswith("; make it again")


def test_disk_full_leaves_the_old_figures(tmp_path, sound):
    """A limit on the size of a file stands for the disk."""
    (tmp_path / "found.json").write_text("old")
    done = flow_data.murmur(
        "evaluate", "--task", "digits", "--data", sound, "--json", tmp_path / "found.json",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200)),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"error: cannot write {tmp_path}/found.json: File too large\n"
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]
    assert (tmp_path / "found.json").read_text() == "old"


def test_program_of_a_network_file(tmp_path, call):
    """Its packets are the images of the network; it lists every descriptor."""
    network_file(tmp_path / "net.safetensors")
    status, out, _ = call("compile", "--weights", tmp_path / "net.safetensors")
    assert status == 0
    files = sorted((tmp_path / "net.program").glob("*.bin"))
    packets = [np.frombuffer(path.read_bytes(), "<u8") for path in files]
    read = Images.from_packets(BuildConfig(), packets)
    want = program.compiled(shipped_digits())
    assert all(np.array_equal(a, b) for a, b in zip(read.to_packets(), want.to_packets(), strict=True))
    assert read.program == want.program
    assert len((tmp_path / "net.program" / "listing.txt").read_text().splitlines()) == len(want.program)
    sizes = json.loads((tmp_path / "net.program" / "sizes.json").read_text())
    assert f"{sizes['bytes']:,} bytes" in out
    assert call("compile", "--weights", tmp_path / "net.safetensors")[0] == 0  # again, over the old one


def test_sizes_of_a_pruned_network():
    """3-4-10 on 8 lanes, by hand: of h row 1 is pruned, of y row 0 in one tile, all but row 3 in the next."""
    mask_in = np.ones((3, 4), bool)
    mask_in[1] = False
    mask = np.ones((4, 10), bool)
    mask[0, :8] = mask[:3, 8:] = False
    mask[1, 0] = False  # within a row that is kept: the weight is stored, as 0
    layer = LifLayer(
        "h", np.int8(mask_in), None, mask_in, None, 0, 0,
        np.full(4, 9, np.int32), np.zeros(4, np.int32), 0, True,
    )  # fmt: skip
    output = OutputLayer("y", np.int8(mask), mask, np.zeros(10, np.int32), 0, True, "raw")
    network = Network("small", 3, True, -128, 127, 2, "frame", (layer,), output)
    images = compile_network(network, BuildConfig(lanes=8, result_w=128, vec_depth=256))
    sizes = program.sizes_of(network, images)
    stored = 2 * 4 + 3 * 8 + 1 * 2
    assert sizes["weights"] == {"dense": 52, "kept": stored - 1, "stored": stored, "not_zero": stored - 1}
    masks = sum(map(len, images.masks))
    assert sizes["bits"] == {
        "weights": 4 * stored, "masks": 128 * masks, "thresholds": 4 * 16, "biases": 14 * 24,
        "program": 128 * len(images.program),
    }  # fmt: skip
    assert masks == 3 and sizes["bytes"] == sum(sizes["bits"].values()) / 8
