# SPDX-License-Identifier: Apache-2.0
# Everything is reached from here. Settings are given as `make sim TEST=speech SEED=7 WAVES=1 SAY="seven"`.

# Neither make nor Verilator's driver can take a path apart from its spaces.
ifneq ($(word 2,$(CURDIR)),)
$(error the folder "$(CURDIR)" has a space in its path: move the clone to a path without)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup list sim waves demo test lint docs bench regs train doctor lock clean

PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
# A new lock file gives a new stamp, and so a new set-up.
STAMP  := $(VENV)/.setup-$(shell sha256sum requirements.lock | cut -c1-12)
LINTERS := $(VENV)/.lint-$(shell cat requirements.lock requirements-lint.lock | sha256sum | cut -c1-12)

TEST     ?= speech
SEED     ?= 1
WAVES    ?=
COVERAGE ?=

# Every other variable of the command line is a setting of the test (`make list` shows which test takes which).
# They travel through the environment, where the shell cannot take spaces, quotes or $ in them apart.
GIVEN    := $(foreach v,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(v)))),$(v)))
SETTINGS := $(sort $(filter-out TEST SEED WAVES COVERAGE PYTHON VENV PY STAMP LINTERS MAKEFLAGS MAKEOVERRIDES -*-command-variables-*-,$(GIVEN)))
export TEST SEED WAVES COVERAGE DATA COMMANDS

help: ## show this list ## make help
	@echo 'usage: make TARGET [NAME=value ...]'
	@grep -hE '^[a-z-]+:.*## .* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*) ## (.*)/\1\t\2\n\t    \3/' | expand -t 10

setup: $(STAMP) ## make .venv with the locked Python packages (done once; the others do it themselves) ## make setup

$(STAMP): requirements.lock
	@mkdir -p build || { echo "error: cannot write build, where everything goes" >&2; exit 1; }
	@flock build/.setup.lock sh -ec ' \
	  if [ -e "$@" ]; then exit 0; fi; \
	  command -v $(PYTHON) >/dev/null \
	    || { echo "error: PYTHON=$(PYTHON): no such program; Python 3.11 or later is needed" >&2; exit 2; }; \
	  $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	    || { echo "error: PYTHON=$(PYTHON) is older than 3.11; try make PYTHON=python3.11" >&2; exit 1; }; \
	  echo "setting up $(VENV) (once, about half a minute)"; \
	  $(PYTHON) -m venv --clear $(VENV) || { $(PYTHON) -m regressions.doctor; exit 1; }; \
	  $(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements.lock \
	    || { echo "error: set-up failed: pip said why above (is there a network?); the next make tries again" >&2; exit 1; }; \
	  touch "$@"'

list: $(STAMP) ## name every test with its settings ## make list
	@$(PY) -m regressions.cli list

sim: $(STAMP) ## run one test: TEST= SEED= WAVES=1 COVERAGE=1 and its settings, as SAY="seven" LANES=64 ## make sim TEST=speech SAY="seven two" SEED=7
	@$(PY) -m regressions.cli sim --seed="$$SEED" \
	  $(if $(WAVES),--waves="$$WAVES") $(if $(COVERAGE),--coverage="$$COVERAGE") \
	  $(foreach name,$(SETTINGS),--set="$(name)=$$$(name)") -- "$$TEST"

waves: $(STAMP) ## open GTKWave on the run of TEST= with SEED=, made with WAVES=1 ## make waves TEST=speech SEED=1
	@$(PY) -m regressions.cli waves --seed="$$SEED" -- "$$TEST"

demo: $(STAMP) ## speak into the RTL and show what happens inside: one HTML page, SAY= or WAV= ## make demo SAY="three one four"
	@$(PY) -m regressions.cli demo --seed="$$SEED" $(foreach name,$(SETTINGS),--set "$(name)=$$$(name)")

test: $(STAMP) ## run all Python and bench tests ## make test
	@$(PY) -m pytest -q

lint: $(LINTERS) ## check RTL (Verilator, slang, Verible, FuseSoC core) and Python (ruff, mypy) ## make lint
	@$(PY) -m regressions.cli lint

$(LINTERS): $(STAMP) requirements-lint.lock
	@echo "setting up the linters in $(VENV) (once)"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements-lint.lock
	@touch "$@"

docs: $(STAMP) ## draw the figures of docs/ again from the RTL's own waves ## make docs
	@$(PY) -m regressions.cli docs

bench: $(STAMP) ## measure the speed of simulation ## make bench
	@$(PY) -m regressions.cli bench

regs: $(STAMP) ## make the register files again from rtl/regs/mur_regs.rdl ## make regs
	@$(PY) rtl/regs/generate.py

train: $(STAMP) ## train the digits network: DATA=dir (Free Spoken Digits), COMMANDS=dir if there (installs torch first) ## make train DATA=~/fsdd/recordings
	@test -d "$$DATA" || { echo 'error: make train needs DATA=dir, an existing folder with the recordings of the Free Spoken Digit Dataset' >&2; exit 2; }
	@$(PY) -c "import torch" 2>/dev/null || $(PY) -m pip install --disable-pip-version-check torch==2.13.0
	@$(PY) -m models.train --data "$$DATA" $(if $(COMMANDS),--commands "$$COMMANDS") --seed "$$SEED"

doctor: ## check this machine's tools and name what is missing ## make doctor
	@if [ -x $(PY) ]; then $(PY) -m regressions.doctor; else $(PYTHON) -m regressions.doctor; fi

lock: $(STAMP) ## pin the dependencies of pyproject.toml in requirements.lock (installs uv first) ## make lock
	@$(PY) -m pip install -q --disable-pip-version-check uv
	@mkdir -p build && for part in "" -lint; do \
	  { echo '# SPDX-License-Identifier: Apache-2.0'; \
	    echo '# Pinned with hashes from pyproject.toml by `make lock`.'; \
	    $(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml \
	      $${part:+--extra lint -c build/lock}; } > build/lock$$part || exit 1; \
	done; mv build/lock requirements.lock; mv build/lock-lint requirements-lint.lock

clean: ## remove build/ (the set-up in .venv stays) ## make clean
	rm -rf build
