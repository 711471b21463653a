"""From a bare board to a commissioned shed: detect, flash, verify, configure, self-test, report."""
