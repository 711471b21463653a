# Every target does its own set-up first (host_tools/setup_project.py); when all is there that costs a second or two.
PYTHON  ?= python3
# One more than processors: tests of ports and installations wait for a serial line most of their time.
WORKERS ?= $(shell expr $$(nproc) + 1)
BIN     := .venv/bin

.PHONY: setup demo test lint types pytest long clean

setup:
	@$(PYTHON) host_tools/setup_project.py

demo: setup
	@$(BIN)/shed demo

# ruff, pyright for the host and for the firmware, then every test that is not marked `long`.
test: setup
	@$(MAKE) --no-print-directory lint types pytest

lint:
	$(BIN)/ruff check

types:
	$(BIN)/python host_tools/run_pyright.py

pytest:
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --junitxml=build/test-report.xml

long: setup
	SHEDGUARD_SEED=0 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long --junitxml=build/long-report.xml; code=$$?; \
	$(BIN)/python -m hil_tests.report build/long-report.xml | tee build/long-summary.txt; exit $$code

clean:
	rm -rf build .venv typings
