# Two targets are all that a new user needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
# Modules are compiled when they are first imported: to do so for all takes as long as the rest.
INSTALL := -m pip --quiet --disable-pip-version-check install --no-compile
PIP := $(BIN)/python $(INSTALL)
DATA ?= ../shared/data
# Where a machine keeps no compiled modules, each of hundreds of processes compiles them anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint help evaluate weights benchmark platforms wheel-test browser whisper-base clean

demo: $(VENV)/.base  ## set up, and turn the example talk into a page, subtitles and a video
	$(BIN)/sentigram render examples/talk.mp4 --to html,ass,json,video --out out/demo --overwrite

test: $(VENV)/.dev browser whisper-base  ## set up, and run the tests, on every core
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/.dev  ## ruff, mypy, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

evaluate: $(VENV)/.dev  ## words, voice, join and spliced talk as shipped: make evaluate DATA=FOLDER
	$(BIN)/sentigram evaluate bundled --data $(DATA)
	$(BIN)/python benchmarks/dialogue.py --data $(DATA)
	$(BIN)/python benchmarks/spliced.py --data $(DATA)

weights: $(VENV)/.dev  ## make the shipped weights again: make weights DATA=FOLDER
	$(BIN)/sentigram train bundled --data $(DATA) --out runs/weights

benchmark: $(VENV)/.dev  ## what docs/speed.md reports
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/layout.py
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/burn.py
	$(BIN)/python benchmarks/training_speed.py --steps 5
	$(BIN)/python benchmarks/network_speed.py --batch 16 --steps 3
	$(BIN)/python benchmarks/word_windows.py
	$(BIN)/python benchmarks/server_load.py
	$(BIN)/python benchmarks/server_load.py --big-mb 500
	$(BIN)/python benchmarks/full_engine.py
	$(BIN)/python benchmarks/full_engine.py --memory
	$(BIN)/python benchmarks/full_engine.py --fusion

platforms: $(VENV)/.dev  ## that everything installs without a compiler: four systems, four Pythons
	$(BIN)/python benchmarks/platforms.py
	$(BIN)/python benchmarks/platforms.py --pinned

wheel-test: $(VENV)/.dev  ## build the wheel, and try it in an environment of its own
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	$(PYTHON) -m venv --clear dist/venv
	dist/venv/$(SCRIPTS)/python $(INSTALL) \
		--constraint constraints.txt dist/*.whl pytest hypothesis jsonschema regex
	dist/venv/$(SCRIPTS)/sentigram doctor
	dist/venv/$(SCRIPTS)/sentigram render examples/talk.mp4 --preview 0-8 --out dist/out
	cd dist && venv/$(SCRIPTS)/python -m pytest -c ../pyproject.toml --rootdir .. \
		../tests/core/test_document.py ../tests/style/theme/test_theme.py ../tests/style/text/test_fonts.py \
		../tests/render/ass/test_editors.py ../tests/render/html/test_page.py -p no:cacheprovider

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/pyvenv.cfg
	$(PIP) --constraint constraints.txt --editable '.[dev]'
	touch $@ $(VENV)/.base

whisper-base: $(VENV)/.dev  ## Whisper's real weights for tests (MIT, 133 MB); they skip without it
	@$(BIN)/python tests/whisper_base.py $(VENV)/share/whisper-base

browser:  ## Debian and root only: install Chromium for the browser tests; they skip without it
	@if ! command -v chromedriver >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get -qq update && apt-get -qq install -y chromium chromium-driver >/dev/null; fi

clean:  ## take away what make made
	rm -rf $(VENV) out dist
