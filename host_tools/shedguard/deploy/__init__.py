"""From a bare board to a commissioned shed, and a new configuration on a board in service: install, push, self-test, report, bundle."""
