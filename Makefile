# Everything starts here; `make help` lists it.  ARGS goes to the program: make demo ARGS=--mic

SHELL := /bin/sh
RUN := .venv/bin
PYTHON3 := $(firstword $(PYTHON) python3)

# A sourced ROS or another environment's Python must not leak into .venv.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV LD_LIBRARY_PATH LD_PRELOAD _ROS_WHEELS_BOOTSTRAP_COMPLETE
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH ROS_DISTRO ROS_VERSION ROS_PYTHON_VERSION
# Without its bytecode each of a graph's processes would compile the whole package anew, and pytest rewrite it.
unexport PYTHONDONTWRITEBYTECODE
export PYTHON

.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: demo up doctor test lint quick alone long property adversary identities recognisers mutate instructions vlm generations nonsense duplex bench conversations talk soak graph clean help python3 runtime developer

demo: runtime  ## play the scenario in the simulated home: sees, hears, moves, refuses; writes runs/…/index.html
	@$(RUN)/robot-runtime demo $(ARGS)

doctor: runtime  ## say what is present, what is missing and what each missing piece would cost
	@$(RUN)/robot-runtime doctor $(ARGS)

test: lint quick alone  ## all checks and tests, as the continuous integration runs them

lint: developer  ## style, types, import contracts
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/mypy -n auto
	$(RUN)/lint-imports --no-cache

# Most tests may share the machine's cores, one more than there are since some wait.
# Those of a whole graph of processes measure time, so they run alone.
WORKERS = $$(( $$(nproc) + 1 ))
quick: developer
	$(RUN)/pytest -n $(WORKERS) -m "not alone and not long" $(ARGS)

ALONE = $$(grep -rl --include='*.py' mark.alone tests)
WAITS = $$(grep -rl --include='*.py' mark.waits tests)
alone: developer
	$(RUN)/pytest $(WAITS) -n 4 -m "waits and not long" $(ARGS)
	$(RUN)/pytest $(ALONE) -m "alone and not waits and not long" $(ARGS)

long: developer  ## the tests that `make test` leaves out: whole plays and long measurements, a quarter of an hour on two cores
	$(RUN)/pytest -n auto -m "long and not alone" $(ARGS)
	$(RUN)/pytest $(ALONE) -m "long and alone" $(ARGS)

# Each property of the gate on EXAMPLES cases; there are more than 25, so 5,000 make well over 100,000.
EXAMPLES ?= 5000
property: developer  ## try the gate's properties on EXAMPLES=5000 cases each, some minutes
	SAFETY_EXAMPLES=$(EXAMPLES) $(RUN)/pytest tests/safety -n auto -m hypothesis --timeout 1800 $(ARGS)

EPISODES ?= 10000
adversary: developer  ## play EPISODES=10000 hostile episodes against the gate; a quarter of an hour on two cores
	@$(RUN)/python -m tests.safety.adversary --episodes $(EPISODES) $(ARGS)

MINUTES ?= 5
identities: developer  ## count how often the eyes take one person or thing for another in MINUTES=5 at home
	@$(RUN)/python -m tests.eyes.identities --minutes $(MINUTES) $(ARGS)

# The small modules that everything else rests on; FILES="safety/….py" for others.
FILES ?= safety/verdicts.py safety/match.py safety/latch.py safety/door.py safety/separation.py safety/approvals.py
mutate: developer  ## put small faults into FILES and name those that no test notices; half an hour for all six
	@$(RUN)/python -m tools.mutate $(FILES) $(ARGS)

# In an environment of their own and without constraints.txt: moshi wants other versions of numpy and sounddevice.
recognisers: python3  ## install faster-whisper and moshi (torch: gigabytes) and test them with tiny random models
	$(PYTHON3) -m venv build/recognisers
	build/recognisers/bin/pip install -q -e ".[faster-whisper,kyutai,sim,dev]"
	build/recognisers/bin/python -m pytest tests/unit/test_transcribing.py $(ARGS)

# torch and llama.cpp live in build/vlm, beside .venv.
vlm: developer  ## language models for real: a tiny one of random weights in a process of its own, another behind llama.cpp's server
	@$(RUN)/python tools/vlm_environment.py
	build/vlm/bin/python -m pytest tests/vlm $(ARGS)

GENERATIONS ?= 10000
generations: developer  ## have random weights write GENERATIONS=10000 plans: do all fit the schema, does the gate judge all of them?
	@$(RUN)/python tools/vlm_environment.py
	@build/vlm/bin/python -m tests.vlm.generations --count $(GENERATIONS) $(ARGS)

nonsense: developer  ## give the instructions in 4 homes to random weights: nothing unsafe is done and nothing untrue claimed
	@$(RUN)/python tools/vlm_environment.py
	@build/vlm/bin/python -m tests.vlm.instructions $(ARGS)

bench: runtime  ## measure the budgets
	@$(RUN)/robot-runtime bench $(ARGS)

CONVERSATIONS ?= 200
conversations: runtime  ## hold CONVERSATIONS=200 generated conversations with the robot in virtual time, half an hour on two cores
	@$(RUN)/robot-runtime bench voice --conversations $(CONVERSATIONS) --misses $(ARGS)

MINUTES ?= 60
talk: runtime  ## let the robot talk for MINUTES=60 in echoing rooms: does it answer itself?
	@$(RUN)/robot-runtime bench voice --talk $(MINUTES) $(ARGS)

soak: runtime  ## the voice for half an hour on drifting, failing sound cards
	@$(RUN)/robot-runtime bench voice --soak 30 $(ARGS)

# The package moshi names older versions of torch and numpy than it needs: what it needs of others is in the file, itself without them.
.venv-duplex/made: robot_runtime/duplex/requirements.txt
	@$(PYTHON3) -m venv .venv-duplex
	.venv-duplex/bin/python -m pip install -q -r robot_runtime/duplex/requirements.txt
	.venv-duplex/bin/python -m pip install -q --no-deps moshi==0.2.13
	@touch $@

duplex: python3 .venv-duplex/made  ## make the Python of the speech-to-speech engine (torch, some gigabytes) and run its tests
	OMP_NUM_THREADS=1 .venv-duplex/bin/python -m pytest tests/duplex $(ARGS)

HOMES ?= 20
instructions: developer  ## give the robot sentences of two authors in HOMES=20 homes each that it has never met, some minutes; ARGS=--misses tells which fail
	@$(RUN)/python -m tests.instructions.play --homes $(HOMES) $(ARGS)

graph: runtime  ## write the graph of nodes and topics into README.md
	@$(RUN)/robot-runtime graph --write README.md

clean:  ## remove what make has made, except runs/
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@echo "make TARGET [ARGS=…] [PYTHON=python3.12]"
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-13s %s\n", $$1, $$2 }'

runtime: python3
	@$(PYTHON3) tools/bootstrap.py

developer: python3
	@$(PYTHON3) tools/bootstrap.py --dev

python3:
	@command -v $(PYTHON3) >/dev/null || { echo "make: $(PYTHON3) not found; install Python 3.10 to 3.13 (Debian, Ubuntu: sudo apt-get install python3 python3-venv python3-dev)" >&2; exit 1; }
