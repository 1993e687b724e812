# Hushmark's commands; "make help" lists them. What is set up once stays: a second run needs no network.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test test-browsers test-scale faults fuzz bench bench-peers bench-messages bench-scale screenshots package lint format wheels train train-smoke evaluate clean butteraugli chromium exiftool firefox webkit

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
IMAGES ?=
FILES ?= 40000
SEED ?= 1
MINUTES ?= 90
OUT ?= runs/first
STRENGTH ?= 1

# Wheels of numpy, Pillow and safetensors for the page that lie beside the checkout spare building them.
ifndef HUSHMARK_WHEELS
ifneq ($(wildcard ../shared/wheels/*.whl),)
export HUSHMARK_WHEELS := $(abspath ../shared/wheels)
endif
endif

help: ## list these commands
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

serve: $(VENV)/dev.stamp node_modules/stamp ## build the site into dist/ and serve it on this machine
	@$(PY) build.py serve

test: lint butteraugli chromium exiftool ## run the tests: unit, Pyodide, browser
	@$(PY) build.py
	@$(PY) -m pytest

faults: $(VENV)/dev.stamp node_modules/stamp chromium ## put faults in, one by one: ended workers, full storage, altered files, killed commands
	@$(PY) build.py
	@$(PY) -m pytest tests/faults

fuzz: $(VENV)/dev.stamp ## open, mark and write 40,000 damaged and odd pictures: make fuzz [FILES=number] [SEED=number]
	@PYTHONPATH=. $(PY) -m tests.fuzz $(FILES) $(SEED)

test-browsers: $(VENV)/dev.stamp node_modules/stamp firefox webkit ## mark and read in Firefox and WebKit, too
	@$(PY) build.py
	@$(PY) -m pytest tests/other_browsers

test-scale: $(VENV)/scale.stamp ## mark and read on Daft and Ray, against object stores, with faults put in
	@$(PY) -m pytest tests/scale

bench: $(VENV)/train.stamp node_modules/stamp chromium ## measure sizes, loading times and speed in the browser
	@$(PY) build.py
	@$(PY) -m tests.bench
	@$(PY) -m tests.bench.pictures

bench-peers: $(VENV)/peers.stamp butteraugli ## compare with other watermarks: make bench-peers [IMAGES=folder]
	@$(PY) -m tests.bench.peers $(if $(IMAGES),--images "$(IMAGES)")

bench-messages: $(VENV)/train.stamp ## measure messages and small pictures: make bench-messages [IMAGES=folder]
	@$(PY) -m tests.bench.messages $(if $(IMAGES),--images "$(IMAGES)")

bench-scale: $(VENV)/scale.stamp ## measure marking many pictures on Daft and Ray
	@$(PY) -m tests.bench.scale

screenshots: $(VENV)/dev.stamp node_modules/stamp chromium ## renew docs/screenshots: every screen, light and dark, desktop and phone
	@$(PY) build.py
	@$(PY) -m tests.browser.screenshots docs/screenshots

package: $(VENV)/dev.stamp node_modules/stamp ## build the npm package and the browser extension into dist/npm and dist/extension
	@$(PY) build.py package

lint: $(VENV)/train.stamp node_modules/stamp ## check style and types
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy
	@node_modules/.bin/tsc
	@node_modules/.bin/tsc -p tsconfig.service-worker.json
	@node_modules/.bin/prettier --check --log-level warn .

format: $(VENV)/dev.stamp node_modules/stamp ## lay out the source files
	@$(PY) -m ruff check --select I --fix
	@$(PY) -m ruff format
	@node_modules/.bin/prettier --write --log-level warn .

wheels: $(VENV)/dev.stamp node_modules/stamp ## get the numpy, Pillow and safetensors wheels of the page ready
	@$(PY) -m tools.wheels

train: $(VENV)/train.stamp ## train new weights: make train IMAGES=folder [MINUTES=90] [OUT=folder]
	@if [ -z "$(IMAGES)" ]; then echo "make train: say which photos to train on, as in: make train IMAGES=photos" >&2; exit 2; fi
	@$(PY) -m train.train --images "$(IMAGES)" --minutes "$(MINUTES)" --out "$(OUT)"

train-smoke: $(VENV)/train.stamp ## show within a minute that training learns
	@$(PY) -m train.smoke

evaluate: $(VENV)/train.stamp butteraugli ## measure the weights: make evaluate IMAGES=folder [STRENGTH="1 0.7"]
	@if [ -z "$(IMAGES)" ]; then echo "make evaluate: say which photos to measure on, as in: make evaluate IMAGES=photos" >&2; exit 2; fi
	@$(PY) -m train.evaluate --images "$(IMAGES)" --strength $(STRENGTH)

clean: ## remove everything that these commands made in this folder
	rm -rf dist $(VENV) node_modules .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up; the stamps say that it was done for the lock files as they are now ---

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Hushmark needs Python 3.11 or newer, and $(PYTHON) is not. Install it, or say which: make PYTHON=python3.13 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call apt,python3-venv,Python's venv module)
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the locked Python packages"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/train.stamp: requirements/train.lock requirements/train-cuda.lock $(VENV)/dev.stamp
	@echo "Installing PyTorch (large)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/train.lock
	@if $(PY) -c 'import importlib.metadata as m, sys; sys.exit("cuda" not in str(m.requires("torch")))'; then \
	  echo "Installing what this PyTorch needs of CUDA (large)"; \
	  $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/train-cuda.lock; \
	fi
	@touch $@

$(VENV)/peers.stamp: requirements/peers.lock $(VENV)/train.stamp
	@echo "Installing the watermarks to compare with"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/peers.lock
	@touch $@

$(VENV)/scale.stamp: requirements/scale.lock $(VENV)/dev.stamp
	@echo "Installing Daft, Ray and an S3 server (large)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/scale.lock
	@touch $@

node_modules/stamp: package-lock.json package.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null || \
	  { echo "Hushmark needs Node.js 20 or newer with npm. Install both and run this again." >&2; exit 1; }
	@echo "Installing the locked npm packages"
	@npm ci --silent --ignore-scripts
	@touch $@

chromium:
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
	  [ -z "$$name" ] || ! command -v "$$name" >/dev/null || exit 0; \
	done; $(call apt,chromium,the browser Chromium)

exiftool:
	@command -v exiftool >/dev/null || $(call apt,libimage-exiftool-perl,exiftool)

butteraugli:
	@command -v butteraugli_main >/dev/null || $(call apt,libjxl-devtools,butteraugli_main)

firefox:
	@command -v firefox-esr >/dev/null || command -v firefox >/dev/null || $(call apt,firefox-esr,the browser Firefox)

webkit:
	@command -v WebKitWebDriver >/dev/null || $(call apt,webkit2gtk-driver,WebKit with its WebDriver)
	@command -v Xvfb >/dev/null || $(call apt,xvfb,the X server Xvfb)

# $(call apt,PACKAGE,WHAT): install a Debian package when we may, else say what is missing.
define apt
{ if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing Debian's $(1)"; \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(1) >/dev/null; \
  else echo "Hushmark needs $(2), which is not here. Install it (on Debian: sudo apt install $(1)) and run this again." >&2; exit 1; fi; }
endef
