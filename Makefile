# make demo    makes .venv, installs qrcore into it and decodes the pictures in examples/
# make test    installs what the tests need and runs them
# make lint    ruff, clang-format, mypy
# make fuzz    each fuzz target for SECONDS (10)
# make docs    the documentation site, in build/docs
# make requirements  pins anew what CI installs, with hashes
# make audit   looks the pinned requirements up in the database of known vulnerabilities
# make deep    all of it under sanitizers, the long tests, long fuzzing; takes more than an hour
# make deep-tests  the long tests alone, and their report docs/deep.md
PYTHON ?= python3
SECONDS ?= 10
VENV ?= .venv
BIN := $(VENV)/bin
CLANG ?= $(shell command -v clang++ || command -v clang++-14 || echo clang++)

NATIVE := $(wildcard ext/*.?pp ext/simd/*.?pp src/qrcore/*.pyx src/qrcore/*.px[di]) setup.py pyproject.toml
CXX_FILES := $(wildcard ext/*.?pp ext/simd/*.?pp tests/*/*.cc tests/*/*.hpp)
CLANG_TIDY ?= clang-tidy-14

demo: $(VENV)/installed
	$(BIN)/qrcore decode examples/*.jpg examples/*.png

test: $(VENV)/tests
	$(BIN)/python -m pytest

lint: $(VENV)/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/clang-format --dry-run --Werror $(CXX_FILES)
	$(BIN)/mypy

fuzz: $(VENV)/tests
	-$(BIN)/pip install -q --disable-pip-version-check -r requirements/fuzz.txt  # not there for every Python
	$(MAKE) -C tests/fuzz run SECONDS=$(SECONDS) CLANG=$(CLANG) PYTHON=$(CURDIR)/$(BIN)/python

docs: $(VENV)-docs/installed
	NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --strict  # with --quiet a warning would pass unseen

audit: $(VENV)/tests
	$(BIN)/python tools/audit.py requirements/ci.txt requirements/docs.txt

deep: test sanitize warnings tidy deep-tests
	$(MAKE) -C tests/threads run SECONDS=120
	$(MAKE) -C tests/valgrind run PYTHON=$(CURDIR)/$(BIN)/python
	$(MAKE) -C tests/wrong_reads PYTHON=$(CURDIR)/$(BIN)/python
	$(BIN)/python tests/fuzz/long.py --minutes 30

# The core without a warning, from both compilers.
SOURCES := $(wildcard ext/*.cpp ext/simd/*.cpp)
STRICT := -std=c++20 -O2 -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror -Iext -c -o /dev/null
warnings:
	@for source in $(SOURCES); do $(CXX) $(STRICT) $$source && $(CLANG) $(STRICT) $$source || exit 1; done

tidy:
	@for source in $(SOURCES); do $(CLANG_TIDY) --quiet $$source -- -std=c++20 -Iext || exit 1; done

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
	$(VENV)-engines/bin/pip install -q --disable-pip-version-check -r requirements/ci.txt
	$(VENV)-engines/bin/pip install -q --disable-pip-version-check -e '.[fast]' 'ray[data]' pyspark pandas
	@touch $@

# The tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer; those that measure are left out, and those
# of the page, whose browser would run under them as well.
SANITIZED := build/sanitized
PRELOAD := $(foreach name,asan ubsan stdc++,$(shell $(CXX) -print-file-name=lib$(name).so))
sanitize: $(VENV)/tests
	QRCORE_SANITIZE=1 $(BIN)/python setup.py -q build --force --build-base $(SANITIZED)
	LD_PRELOAD="$(PRELOAD)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
	    PYTHONPATH=$$(echo $(CURDIR)/$(SANITIZED)/lib.*) $(BIN)/python -m pytest --ignore=tests/page -m "not timing and not build and not deep"

# Beside the others: the site is made from the sources and needs nothing of qrcore installed, but Python 3.11.
$(VENV)-docs/installed: requirements/docs.txt
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/pip install -q --disable-pip-version-check -r requirements/docs.txt
	@touch $@

# Editable, so that the Python files in src/ count as they are; the core is built again when it has changed.
$(VENV)/installed: $(VENV)/created $(NATIVE)
	$(BIN)/pip install -q --disable-pip-version-check -e '.[fast]'
	@touch $@

# Pinned with hashes: what is tested today is what was tested yesterday.
$(VENV)/tests: $(VENV)/installed requirements/ci.txt
	$(BIN)/pip install -q --disable-pip-version-check -r requirements/ci.txt
	@touch $@

PIN := pip compile -q --upgrade --universal --python-version 3.10 --generate-hashes --no-header --no-emit-index-url
requirements: $(VENV)/installed
	$(BIN)/pip install -q --disable-pip-version-check uv
	$(BIN)/uv $(PIN) --extra fast --extra test pyproject.toml requirements/ci.in -o requirements/ci.txt
	$(BIN)/uv $(PIN) requirements/fuzz.in -o requirements/fuzz.txt
	$(BIN)/uv $(PIN) --python-version 3.11 requirements/docs.in -o requirements/docs.txt

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	    || { echo "qrcore needs Python 3.10 or later; name it with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	    || { echo "On Debian and Ubuntu: apt-get install python3-venv python3-dev"; rm -rf $(VENV); exit 1; }
	@touch $@

clean:
	rm -rf build dist $(VENV) $(VENV)-docs $(VENV)-engines src/qrcore/*.so src/*.egg-info

.PHONY: demo test lint docs fuzz audit deep deep-tests sanitize warnings tidy requirements clean
