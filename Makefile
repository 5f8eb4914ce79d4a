# `make demo` plays; `make test` tests. Both set up what they need; a second time they start at once.

PYTHON ?=
SOURCE ?= film:
TESTS ?=
MINUTES ?= 30
DEMO := .venv
DEV := .venv-dev
ifeq ($(OS),Windows_NT)
BIN := Scripts
else
BIN := bin
endif
RUN := $(DEV)/$(BIN)

export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test check format bench soak clean

help:
	@echo "make demo [SOURCE=camera]  hear and see it: 30 seconds, then demo.mid, demo.png, demo.wav"
	@echo "make test [TESTS=tests/unit]  run the tests, all or some"
	@echo "make check                 lint, format, types, layers"
	@echo "make format                rewrite the code in the project's format"
	@echo "make bench                 measure; one line of JSON a benchmark"
	@echo "make clean                 remove environments and caches"
	@echo "make soak [MINUTES=30]     play on and on; fails if memory or lateness grow"
	@echo "PYTHON=/path/to/python3 picks the Python (3.11 or newer)"

# The demo's environment has no torch: playing needs none.
$(DEMO)/.ready: pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh $(DEMO) cpu,synth
	@sh scripts/debian.sh fluidsynth timgm6mb-soundfont swh-plugins
	@touch $@

$(DEV)/.ready: pyproject.toml constraints.txt scripts/venv.sh
	@sh scripts/venv.sh $(DEV) cpu,synth,link,train,scale,clip,dev --constraint constraints.txt
	@touch $@

# After the music, since it may have to be built.
$(DEMO)/.ports: $(DEMO)/.ready
	@sh scripts/ports.sh $(DEMO)/$(BIN)/python
	@touch $@

$(DEV)/.real-parts: $(DEV)/.ready
	@sh scripts/ports.sh $(RUN)/python
	@sh scripts/debian.sh jackd2 jack-midi-clock fluidsynth swh-plugins timgm6mb-soundfont musescore-general-soundfont-small ffmpeg mosquitto mosquitto-clients chromium webkit2gtk-driver xvfb
	@touch $@

setup: $(DEMO)/.ports

dev: $(DEV)/.ready

demo: $(DEMO)/.ready
	@$(DEMO)/$(BIN)/stream-v2m demo $(SOURCE)
	@$(MAKE) --no-print-directory $(DEMO)/.ports

# Two at a time, a file on one of them: more would hear each other on a machine of two cores.
test: $(DEV)/.real-parts
ifneq ($(TESTS),)
	@$(RUN)/python -m pytest $(TESTS)
else
	@$(RUN)/python -m pytest --numprocesses 2 --dist loadfile -m "not alone"; together=$$?; \
	$(RUN)/python -m pytest -m alone && exit $$together
endif

check: $(DEV)/.ready
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/mypy tests/bench
	$(RUN)/lint-imports

format: $(DEV)/.ready
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

bench: $(DEV)/.real-parts
	@for file in tests/bench/bench_*.py; do echo "# $$file" >&2; $(RUN)/python $$file || exit 1; done

soak: $(DEV)/.real-parts
	@$(RUN)/python -m tests.bench.soak $(MINUTES)

clean:
	rm -rf $(DEMO) $(DEV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
