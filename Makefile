# make demo    makes .venv, installs qrcore into it and decodes the pictures in examples/
# make test    installs what the tests need and runs them
# make lint    ruff, clang-format, mypy
# make fuzz    each fuzz target for SECONDS (10)
# make docs    the documentation site, in build/docs
# make deep    all of it under sanitizers, the long tests, long fuzzing; takes more than an hour
# make deep-tests  the long tests alone, and their report docs/deep.md
PYTHON ?= python3
SECONDS ?= 10
VENV ?= .venv
BIN := $(VENV)/bin
CLANG ?= $(shell command -v clang++ || command -v clang++-14 || echo clang++)

NATIVE := $(wildcard ext/*.?pp ext/simd/*.?pp src/qrcore/*.pyx src/qrcore/*.pxd) setup.py pyproject.toml
CXX_FILES := $(wildcard ext/*.?pp ext/simd/*.?pp tests/fuzz/*.cc tests/fuzz/*.hpp)
LINTERS := ruff==0.17.6 mypy==2.4.1 clang-format==14.0.6

demo: $(VENV)/installed
	$(BIN)/qrcore decode examples/*.jpg examples/*.png

test: $(VENV)/tests
	$(BIN)/python -m pytest

lint: $(VENV)/linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $(CXX_FILES)
	$(BIN)/mypy

fuzz: $(VENV)/tests
	$(BIN)/pip install -q --disable-pip-version-check atheris==3.0.0 || true  # not for every Python: skipped then
	$(MAKE) -C tests/fuzz run SECONDS=$(SECONDS) CLANG=$(CLANG) PYTHON=$(CURDIR)/$(BIN)/python

docs: $(VENV)-docs/installed
	NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --quiet --strict

deep: test sanitize deep-tests
	$(MAKE) fuzz SECONDS=900

# Of each folder of tests what it marks as deep; Ray and Spark (which needs Java) have an environment of their own.
# docs/deep.md is the report, written whatever fails; making it fails then.
DEEP := build/deep
RECORD = -o junit_suite_name=$$(git rev-parse --short HEAD) -o junit_logging=system-out
deep-tests: $(VENV)/tests $(VENV)-engines/tests
	rm -rf $(DEEP) && mkdir -p $(DEEP)
	-$(BIN)/python -m pytest -m deep $(RECORD) --junitxml=$(DEEP)/batch.xml tests/batch --ignore=tests/batch/test_distributed.py
	-$(BIN)/python -m pytest -m deep $(RECORD) --junitxml=$(DEEP)/records.xml tests/records
	-$(BIN)/python -m pytest -m deep $(RECORD) --junitxml=$(DEEP)/others.xml tests --ignore=tests/batch --ignore=tests/records
	-$(VENV)-engines/bin/python -m pytest -m deep $(RECORD) --junitxml=$(DEEP)/engines.xml tests/batch/test_distributed.py
	$(BIN)/python tools/deep_report.py $(DEEP)/*.xml > docs/deep.md

$(VENV)-engines/tests: $(VENV)/tests
	$(PYTHON) -m venv $(VENV)-engines
	$(VENV)-engines/bin/pip install -q --disable-pip-version-check -e '.[fast]' -r $(VENV)/tests.txt 'ray[data]' pyspark pandas
	@touch $@

# The tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer; those that measure are left out.
SANITIZED := build/sanitized
PRELOAD := $(foreach name,asan ubsan stdc++,$(shell $(CXX) -print-file-name=lib$(name).so))
sanitize: $(VENV)/tests
	QRCORE_SANITIZE=1 $(BIN)/python setup.py -q build --force --build-base $(SANITIZED)
	LD_PRELOAD="$(PRELOAD)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
	    PYTHONPATH=$$(echo $(CURDIR)/$(SANITIZED)/lib.*) $(BIN)/python -m pytest -m "not timing and not build and not deep"

# Beside the others: the site is made from the sources and needs nothing of qrcore installed, but Python 3.11.
$(VENV)-docs/installed: requirements/docs.txt
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/pip install -q --disable-pip-version-check -r requirements/docs.txt
	@touch $@

# Editable, so that the Python files in src/ count as they are; the core is built again when it has changed.
$(VENV)/installed: $(VENV)/created $(NATIVE)
	$(BIN)/pip install -q --disable-pip-version-check -e '.[fast]'
	@touch $@

# Only the requirements: installing qrcore[test] would compile the core again.
$(VENV)/tests: $(VENV)/installed
	$(BIN)/python -c 'import importlib.metadata as m; \
	    print(*(r.split(";")[0] for r in m.requires("qrcore") if "extra == \"test\"" in r), sep="\n")' >$@.txt
	$(BIN)/pip install -q --disable-pip-version-check -r $@.txt
	@touch $@

$(VENV)/linters: $(VENV)/tests Makefile
	$(BIN)/pip install -q --disable-pip-version-check $(LINTERS)
	@touch $@

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	    || { echo "qrcore needs Python 3.10 or later; name it with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	    || { echo "On Debian and Ubuntu: apt-get install python3-venv python3-dev"; rm -rf $(VENV); exit 1; }
	@touch $@

clean:
	rm -rf build dist $(VENV) $(VENV)-docs $(VENV)-engines src/qrcore/*.so src/*.egg-info

.PHONY: demo test lint docs fuzz deep deep-tests sanitize clean
