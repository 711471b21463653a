"""Fairness of the executive: no due task ever waits longer than one turn of every other one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.executive import Executive
from shed.safety import faults

TICKS = 1 << 30


class World:
    """A clock that only tasks and sleeps advance, and a scan that is always in time."""

    def __init__(self, start_ms=0):
        self.now_ms = start_ms
        self.timer_calls = 0
        self.trips = 0
        self.fault = 0
        self.scan_late = False
        self.runs_here = 0

    def ticks_ms(self):
        return self.now_ms % TICKS

    def ticks_us(self):
        return self.now_ms * 1000 % TICKS

    def sleep_ms(self, span_ms):
        self.now_ms += span_ms

    @property
    def started_us(self):
        self.timer_calls += 1
        return (self.now_ms * 1000 - (9000 if self.scan_late else 0)) % TICKS

    def run(self, _timer):
        self.runs_here += 1


class Load:
    """A task that takes from its list how long it works and how long it sleeps, and remembers how long it had waited each time."""

    def __init__(self, world, budget_ms, plan):
        self.world = world
        self.budget_ms = budget_ms
        self.plan = plan
        self.turns = []
        self.due_at_ms = world.now_ms
        self.wakes = lambda: None

    def step(self, _now_ms):
        waited_ms = self.world.now_ms - self.due_at_ms
        work, sleep_ms = self.plan[len(self.turns) % len(self.plan)]
        began_ms = self.world.now_ms
        self.turns.append(waited_ms)
        self.world.now_ms += work * self.budget_ms // 100
        self.due_at_ms = max(began_ms + sleep_ms, self.world.now_ms)  # nobody waits while it works
        self.wakes()
        return sleep_ms


def shed_of(world, budgets, plans):
    executive = Executive(world, world, False)
    loads = [Load(world, budget, plan) for budget, plan in zip(budgets, plans, strict=True)]
    for i, load in enumerate(loads):
        executive.add(f"task {i}", load.step, load.budget_ms)
    return executive, loads


PLAN = st.lists(st.tuples(st.integers(0, 100), st.sampled_from([0, 1, 1, 3, 20, 40, 250])), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(2, 9), st.sampled_from([0, TICKS - 1500, TICKS // 2 - 1500]))
def test_no_due_task_waits_longer_than_the_budgets_of_all_the_others(data, count, start_ms):
    world = World(start_ms)
    budgets = data.draw(st.lists(st.integers(1, 60), min_size=count, max_size=count))
    executive, loads = shed_of(world, budgets, data.draw(st.lists(PLAN, min_size=count, max_size=count)))
    for _ in range(300):
        assert executive.turn() == 0
    for i, load in enumerate(loads):
        others = sum(budgets) - budgets[i]
        assert load.turns, "a task never ran"
        assert max(load.turns) <= others + 1


def test_a_task_that_is_always_due_leaves_every_other_its_turn():
    world = World()
    greedy = [(100, 0)]
    executive, loads = shed_of(world, [15, 20, 20], [greedy, greedy, [(1, 250)]])
    while world.now_ms < 60000:
        assert executive.turn() == 0
    assert len(loads[2].turns) > 200
    assert max(loads[2].turns) <= 35


def test_the_first_of_the_due_tasks_goes_first():
    world = World()
    order = []
    executive = Executive(world, world, False)
    for name in ("doors", "console", "records"):
        executive.add(name, lambda _now, name=name: order.append(name) or 100, 10)
    for _ in range(12):
        executive.turn()
    assert order[:3] == ["doors", "console", "records"]
    assert order[3:6] == ["doors", "console", "records"]


def test_a_task_woken_while_another_runs_is_due_at_once():
    world = World()
    executive, loads = shed_of(world, [5, 5], [[(100, 200)], [(0, 10000)]])
    executive.turn()
    executive.turn()
    woken_at_ms = []

    def wakes():
        executive.wake(1)
        loads[1].due_at_ms = world.now_ms
        woken_at_ms.append(world.now_ms)

    loads[0].wakes = wakes
    while len(loads[1].turns) < 2:
        executive.turn()
    assert world.now_ms - woken_at_ms[0] <= 1


def test_waking_a_due_task_again_and_again_does_not_hide_how_long_it_waits():
    world = World()
    executive, _loads = shed_of(world, [5], [[(0, 100)]])
    world.now_ms += 500
    executive.wake(0)
    world.now_ms += 500
    executive.wake(0)
    assert executive.overdue_ms(world.ticks_ms()) == 1000


def test_a_scan_that_is_late_is_run_here_and_a_silent_timer_ends_service():
    world = World()
    executive, _loads = shed_of(world, [5], [[(0, 10000)]])
    world.scan_late = True
    executive.turn()
    assert world.runs_here == 1
    world.fault = faults.SCAN_OVERRUN
    assert executive.turn() == faults.SCAN_OVERRUN


@pytest.mark.parametrize("start_ms", [0, TICKS - 100])
def test_overdue_is_nothing_in_a_shed_that_sleeps(start_ms):
    world = World(start_ms)
    executive, _loads = shed_of(world, [5, 5], [[(10, 1 << 28)], [(10, 20)]])
    for _ in range(30):
        executive.turn()
    assert executive.overdue_ms(world.ticks_ms()) <= 20


@pytest.mark.parametrize("left_ms", [0, 1, 4])
def test_nothing_begins_just_before_the_task_that_holds_the_line(left_ms):
    world = World()
    order = []
    executive = Executive(world, world, False)
    executive.add("charging", lambda _now: order.append("charging") or 100, 20)
    executive.add("meters", lambda _now: order.append("meters") or left_ms, 15)
    executive.add("reader", lambda _now: order.append("reader") or 100, 10)
    for _ in range(3):
        executive.turn()
    executive.keeps_turn = (1, lambda: order.count("meters") < 3)
    executive.wake(0)
    executive.wake(2)
    order.clear()
    while len(order) < 4:
        assert executive.turn() == 0
    assert order[:3] == ["meters", "meters", "meters"] and order[3] != "meters"
