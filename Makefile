# `make run` and `make test` set up what they need by themselves, once.
VENV ?= .venv
PYTHON ?= python3
PY := $(VENV)/bin/python
TESTS ?= tests
# Test files are shared out among so many processes; `PARALLEL=` runs them one after the other.
PARALLEL ?= --numprocesses auto --maxprocesses 4 --dist loadfile

# The environment is made anew when the pinned versions change, and bound anew when the sources lie elsewhere.
LOCK_SUM := $(shell cksum < requirements.lock | cut -d' ' -f1)
TREE_SUM := $(shell (pwd; cat pyproject.toml) | cksum | cut -d' ' -f1)
INSTALLED := $(VENV)/.installed-$(LOCK_SUM)
BOUND := $(VENV)/.bound-$(TREE_SUM)

.PHONY: run demo check gallery gallery-sheet preview translations test test-fast lint setup system-packages benchmark clean

run: setup ## the bot; the local page when no token is configured
	$(PY) -m bot run

demo: setup ## one bundled photo through the whole bot, into out/
	$(PY) -m bot demo --out out

check: setup ## what is configured, whether it works, how fast this machine is
	$(PY) -m bot check --speed

gallery: setup ## draw the gallery's own pictures again
	$(PY) -m bot.gallery.draw

gallery-sheet: setup ## paint three photos in every style of the gallery, for docs/images/gallery.jpg; goes on where it was stopped
	$(PY) -m tests.benchmarks.gallery_sheet

preview: setup ## the feed-forward look: fetches its weights (88 MB), once
	$(PY) -m bot fetch-preview

# The sentences are collected into a template, and each language's file is brought up to it; what is new there is empty.
POT := out/atelier.pot
translations: setup ## after a change of sentences: bring the translation files up to it
	mkdir -p out
	$(PY) -m babel.messages.frontend -q extract --no-location --sort-output --omit-header --no-wrap \
		-k "PictureError SettingsError DeviceError PreviewError EngineError NC_:1c,2" -o $(POT) nst_engine bot adapters
	for language in de es fr ja ru; do \
		$(PY) -m babel.messages.frontend -q update --no-fuzzy-matching --ignore-obsolete --no-wrap --omit-header --init-missing \
			-i $(POT) -D atelier -d bot/locale -l $$language; done

test: setup system-packages ## all tests; without the feed-forward look's weights its tests say so and are left out
	@$(PY) -m bot fetch-preview || true
	$(PY) -m pytest $(PARALLEL) $(TESTS)

test-fast: setup ## the tests that need no more than seconds
	$(PY) -m pytest $(PARALLEL) -m "not slow" $(TESTS)

lint: setup ## style and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

setup: $(BOUND)

$(BOUND): $(INSTALLED)
	rm -f $(VENV)/.bound-*
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(INSTALLED):
	@$(PYTHON) -c 'import sys; sys.exit("Atelier needs Python 3.11 or later: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	rm -f $(VENV)/.installed-* $(VENV)/.bound-*
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

# Redis and Chromium, for the tests that need the real ones; without them those tests say so and are left out.
system-packages:
	@sh tests/system_packages.sh

# The race against a peer on this machine; see docs/benchmarks.md.
benchmark: setup
	$(PY) -m tests.benchmarks.race --sizes 256 --out out/race

clean:
	rm -rf $(VENV) out .mypy_cache .pytest_cache .ruff_cache
