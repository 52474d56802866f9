# SPDX-License-Identifier: Apache-2.0
"""Lists are checked to the last setting before anything runs."""

import pytest
from click.testing import CliRunner

from regressions import registry
from regressions.cli import cli
from regressions.registry import RegistryError
from regressions.regress import failed
from regressions.regress import lists as reader
from regressions.tests.toys import lists


def load(folder, text, **others):
    tests = registry.load(lists(folder, toys=text, **others))
    return reader.load("toys", folder, tests)


def test_list_gives_a_job_for_every_seed(tmp_path):
    text = """
        include = ["base"]
        [[jobs]]
        test = "toy"
        id = "wide"
        build = "long"
        settings = { SAY = "it's $x" }
        seeds = "1..3, 7"
        coverage = true
        [[jobs]]
        test = "toy"
    """
    base = """
        [builds.long]
        LIMIT = 32
        [[jobs]]
        test = "naps"
        seeds = 4
    """
    jobs = load(tmp_path, text, base=base).jobs
    assert [job.id for job in jobs] == ["naps-4", "wide-1", "wide-2", "wide-3", "wide-7", "toy-1"]
    assert [job.tier for job in jobs] == ["base"] + 5 * ["toys"]
    assert jobs[1].rerun == "make sim TEST=toy SEED=1 COVERAGE=1 LIMIT=32 SAY='it'\"'\"'s $$x'"
    assert jobs[-1].rerun == "make sim TEST=toy SEED=1"


def test_list_included_twice_is_there_once(tmp_path):
    text = 'include = ["a", "b"]'
    a = 'include = ["b"]\n[[jobs]]\ntest = "naps"'
    assert [job.id for job in load(tmp_path, text, a=a, b='[[jobs]]\ntest = "toy"').jobs] == [
        "toy-1",
        "naps-1",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "LIST=toys: "),
        ("jobs = []", "LIST=toys: "),
        ("jobs = [1]", "toys.toml: jobs 1 = 1: want a table"),
        ("[[jobs]", "toys.toml: not TOML: "),
        ("[[job]]", "toys.toml: no key 'job', did you mean jobs?"),
        ("[[jobs]]", "toys.toml: jobs 1: test is missing"),
        ('[[jobs]]\ntest = "toi"', "toys.toml: job toi-1: TEST=toi: no such test, did you mean toy?"),
        ('[[jobs]]\ntest = "toy"\nsed = 1', "toys.toml: jobs 1: no key 'sed', did you mean seeds"),
        (
            '[[jobs]]\ntest = "toy"\nseeds = [1]',
            "toys.toml: jobs 1: seeds = [1]: want a whole number, or text as",
        ),
        ('[[jobs]]\ntest = "toy"\nseeds = "1.5"', "toys.toml: jobs 1: seeds=1.5: want a whole number"),
        (
            '[[jobs]]\ntest = "toy"\nseeds = "5..1"',
            "toys.toml: jobs 1: seeds = '5..1': want numbers of 0 or more",
        ),
        (
            '[[jobs]]\ntest = "toy"\nseeds = "0..100000"',
            "toys.toml: jobs 1: seeds = '0..100000': want numbers",
        ),
        ('[[jobs]]\ntest = "toy"\nseeds = -1', "toys.toml: jobs 1: seeds = '-1': want numbers of 0 or more"),
        ('[[jobs]]\ntest = "toy"\nseeds = ""', "toys.toml: jobs 1: seeds=: want a whole number"),
        ('[[jobs]]\ntest = "toy"\nid = "../x"', "toys.toml: jobs 1: id '../x': want small letters, digits"),
        ('[[jobs]]\ntest = "toy"\n[[jobs]]\ntest = "toy"', "toys.toml: jobs 2: id 'toy-1' is there twice"),
        ('[[jobs]]\ntest = "toy"\nbuild = "x"', "toys.toml: jobs 1: no build 'x', known: none"),
        (
            '[[jobs]]\ntest = "toy"\nsettings = { LIMITS = 3 }',
            "toys.toml: job toy-1: LIMITS=3: test toy has no such setting, did you mean limit?",
        ),
        (
            '[[jobs]]\ntest = "toy"\nsettings = { LIMIT = "x" }',
            "toys.toml: job toy-1: LIMIT=x: want a whole",
        ),
        (
            '[[jobs]]\ntest = "toy"\nsettings = { LIMIT = 1.5 }',
            "toys.toml: jobs 1: settings: LIMIT = 1.5: want text, a whole",
        ),
        ('include = ["toys"]', "toys.toml: includes toys, which includes it"),
        ('include = ["toy"]', "toys.toml: include 'toy': no such list, did you mean toys?"),
        (
            'goals = { lines = 3 }\n[[jobs]]\ntest = "toy"',
            "toys.toml: goals: no key 'lines', did you mean line?",
        ),
        ("goals = { line = true }", "toys.toml: goals: line = True: want 0 to 100 per cent"),
        ("builds = { a = 3 }", "toys.toml: builds: a = 3: want a table"),
        ("include = [3]", "toys.toml: include 1 = 3: want text"),
        ("include = [[1]]", "toys.toml: include 1 = [1]: want text"),
        (
            '[[jobs]]\ntest = "toy"\nsettings = { limit = 8, LIMIT = 16 }',
            "toys.toml: jobs 1: settings: LIMIT is there twice, in capitals and not",
        ),
        (
            'frames = { toi = 3 }\n[[jobs]]\ntest = "toy"',
            "toys.toml: frames: no test 'toi', did you mean toy?",
        ),
        (
            'frames = { toy = 0 }\n[[jobs]]\ntest = "toy"',
            "toys.toml: frames: toy = 0: want a whole number of 1 or more",
        ),
        (
            'goals = { line = 101 }\n[[jobs]]\ntest = "toy"',
            "toys.toml: goals: line = 101: want 0 to 100 per cent",
        ),
    ],
)
def test_mistake_in_a_list_costs_no_run(tmp_path, text, said, monkeypatch):
    tests = lists(tmp_path, toys=text)
    monkeypatch.setattr("regressions.launch.build", lambda *a, **k: pytest.fail("built"))
    monkeypatch.setattr(
        "regressions.regress.regression._empty", lambda _: pytest.fail("an earlier report removed")
    )
    done = CliRunner().invoke(cli, ["regress", "--list", "toys"], obj=tests)
    assert done.exit_code == 2
    assert done.output.count("\n") == 1
    assert done.output.removeprefix("error: ").replace(f"{tmp_path}/", "").startswith(said)


SPOILT = [(n, key) for n, test in registry.load().items() for key in ("spoil", "fault") if key in test.params]


@pytest.mark.parametrize(("test", "key"), SPOILT)
def test_fault_that_no_test_knows_costs_no_run(tmp_path, test, key):
    assert len(SPOILT) >= 6
    (tmp_path / "mine.toml").write_text(
        f'about = "x"\n[[jobs]]\ntest = "{test}"\nsettings = {{ {key} = "nosuch" }}'
    )
    with pytest.raises(RegistryError, match=rf"job {test}-1: {key.upper()}=nosuch: no such {key}, "):
        reader.load("mine", tmp_path, registry.load())


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--list", "smok"], "LIST=smok: no such list, did you mean smoke?"),
        (["--list", "tests"], "LIST=tests: no such list, known: "),
        (["--list", ""], "LIST=: no such list, known: "),
        (["--jobs", "0"], "JOBS=0: want 1 to 1024"),
        (["--jobs", "many"], "JOBS=many: want a whole number in decimal digits"),
        (["--executor", "spark://x:1"], "EXECUTOR=spark://x:1: want dask://host:port, or nothing for "),
        (["--executor", "dask://x:65536"], "EXECUTOR=dask://x:65536: want dask://host:port, or nothing for "),
        (["--executor", "dask://x"], "EXECUTOR=dask://x: want dask://host:port, or nothing for "),
        (
            ["--executor", "dask://x:1", "--jobs", "2"],
            "JOBS=2: is of this machine; with EXECUTOR the workers say ",
        ),
    ],
)
def test_mistake_in_the_call(args, said, monkeypatch):
    monkeypatch.setattr(
        "regressions.regress.regression._empty", lambda _: pytest.fail("an earlier report removed")
    )
    done = CliRunner().invoke(cli, ["regress", *args])
    assert done.exit_code == 2
    assert done.output.removeprefix("error: ").startswith(said)
    assert done.output.count("\n") == 1


def test_build_of_two_lists_with_other_parameters(tmp_path):
    long = '[builds.long]\nLIMIT = {}\n[[jobs]]\ntest = "toy"\nid = "{}"'
    with pytest.raises(RegistryError, match=r"builds\.long: another list has it with other parameters"):
        load(tmp_path, f'include = ["base"]\n{long.format(30, "a")}', base=long.format(31, "b"))


@pytest.mark.parametrize("name", ["smoke", "nightly", "full"])
def test_lists_of_the_project_are_right(name):
    chosen = reader.load(name, registry.TESTS.parent, registry.load())
    assert len(chosen.jobs) > 10
    assert {job.tier for job in chosen.jobs} >= {"smoke", name}


def test_full_cannot_be_green_without_its_soak():
    """Directed cases fill the bins: what runs of a generator are for is counted in frames."""
    wanted = reader.load("full", registry.TESTS.parent, registry.load()).frames
    assert wanted.keys() == {"random", "programs", "illegal"}
    assert wanted["random"] >= 100_000


# ---- seeds that failed -----------------------------------------------------------------------------------
def test_failed_seeds_run_with_every_list_once(tmp_path):
    text = '[[jobs]]\ntest = "toy"\nseeds = "1..2"\nsettings = { limit = 9, SAY = "π \\" \\\\ \U0001f600" }'
    one, two = load(tmp_path, text).jobs
    assert failed.keep(tmp_path, [(one, 'it\'s "bad" \\ \x7f\n'), (one, "again")]) == 1
    assert failed.keep(tmp_path, [(one, "later"), (two, "too")]) == 1
    entries = failed.load(tmp_path)
    assert [job.run for job in entries] == [one.run, two.run]
    assert load(tmp_path, text).jobs == (one, two)  # they are in the list
    jobs = load(tmp_path, '[[jobs]]\ntest = "naps"').jobs
    assert [(job.id, job.tier) for job in jobs] == [
        ("naps-1", "toys"), ("failed-1-toy-1", "failed"), ("failed-2-toy-2", "failed"),
    ]  # fmt: skip
    assert [job.run for job in jobs[1:]] == [one.run, two.run]


def test_failed_run_that_counted_counts_again(tmp_path):
    entry = '[[jobs]]\ntest = "toy"\n'
    (plain,) = load(tmp_path, entry).jobs
    (counted,) = load(tmp_path, f"{entry}coverage = true").jobs
    assert failed.keep(tmp_path, [(plain, "s"), (counted, "s")]) == 2
    assert [job.rerun for job in failed.load(tmp_path)] == [
        "make sim TEST=toy SEED=1", "make sim TEST=toy SEED=1 COVERAGE=1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("[[failed]", "failed_seeds.toml: not TOML: "),
        ("[[failed]]\nseed = 1", "failed_seeds.toml: failed 1: test is missing"),
        ("[[fialed]]", "failed_seeds.toml: no key 'fialed', did you mean failed?"),
        ("failed = 3", "failed_seeds.toml: failed = 3: want a list"),
        ("failed = [1, 2]", "failed_seeds.toml: failed 1 = 1: want a table"),
        ("[failed]", "failed_seeds.toml: failed = {}: want a list"),
        (
            '[[failed]]\ntest = "toy"\nseed = -1\nsettings = {}\nsignature = ""\ndate = ""',
            "failed_seeds.toml: failed 1: seed = -1: want a whole number of 0 or more",
        ),
        (
            f'[[failed]]\ntest = "toy"\nseed = {10**18}\nsettings = {{}}\nsignature = ""\ndate = ""',
            f"failed_seeds.toml: failed 1: seed = {10**18}: want a whole number of 0 or more, of at most 18",
        ),
        (
            '[[failed]]\ntest = "gone"\nseed = 1\nsettings = {}\nsignature = ""\ndate = ""',
            "failed_seeds.toml: job failed-1-gone-1: TEST=gone: no such test, ",
        ),
    ],
)
def test_mistake_in_the_failed_seeds(tmp_path, entry, said):
    (tmp_path / "failed_seeds.toml").write_text(entry)
    with pytest.raises(RegistryError) as told:
        load(tmp_path, '[[jobs]]\ntest = "toy"')
    assert str(told.value).replace(f"{tmp_path}/", "").startswith(said)
