# Every target does its own set-up first (host_tools/setup_project.py); when all is there that costs a second or two.
PYTHON  ?= python3
# Twice the processors: tests of ports and installations wait for a serial line most of their time.
WORKERS ?= $(shell expr 2 \* $$(nproc))
BIN     := .venv/bin
# Where it is set, each of some hundred commands that the tests start would compile all its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test lint types pytest long clean

setup:
	@$(PYTHON) host_tools/setup_project.py

demo: setup
	@$(BIN)/shed demo

# ruff, then every test that is not marked `long`, and pyright for the host and for the firmware beside them; what it says comes last.
test: setup
	@$(MAKE) --no-print-directory lint
	@nice $(MAKE) --no-print-directory types > build/types.txt 2>&1 & types=$$!; \
	$(MAKE) --no-print-directory pytest; tests=$$?; wait $$types; types=$$?; cat build/types.txt; exit $$((tests | types))

lint:
	$(BIN)/ruff check

types:
	$(BIN)/python host_tools/run_pyright.py

pytest:
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --junitxml=build/test-report.xml

long: setup
	SHEDGUARD_SEED=20261201 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long --junitxml=build/long-report.xml; code=$$?; \
	$(BIN)/python -m hil_tests.lint.long_report build/long-report.xml | tee build/long-summary.txt; exit $$code

clean:
	rm -rf build .venv typings
