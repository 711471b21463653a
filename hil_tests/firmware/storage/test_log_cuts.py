"""The log ring against a model, with the power cut at any flash operation: nothing that `append` returned is ever lost."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shed.storage.log import LogRing

from hil_tests.firmware.storage.nor_flash import SECTOR, NorRegion, PowerCut


class Model:
    """What a correct ring must still have: every completed record whose sector was not erased since."""

    def __init__(self, sectors):
        self.region = NorRegion(sectors)
        self.completed = {}
        self.pending = None
        self.mount()

    def mount(self):
        self.ring = LogRing(self.region, b"SGJ1", 2)
        self.ring.open()

    def append(self, kind, payload):
        self.pending = (self.ring.sequence, kind, payload)
        sequence = self.ring.append(kind, payload)
        if sequence >= 0:
            assert sequence == self.pending[0]
            self.note(self.pending)
        self.pending = None

    def note(self, record):
        assert record[0] not in self.completed, "a sequence was used twice"
        sector = self.region.programs[-1][0] // SECTOR
        self.completed[record[0]] = (*record[1:], sector, self.region.erased.count(sector))

    def after_cut(self):
        self.mount()
        self.check()
        self.pending = None

    def check(self):
        found = [(q, k, bytes(p)) for q, k, p in filter(None, self.ring.since(0))]
        sequences = [row[0] for row in found]
        assert sequences == sorted(set(sequences)), "duplicated or out of order"
        for sequence, kind, payload in found:
            if sequence in self.completed:
                assert self.completed[sequence][:2] == (kind, payload)
            else:
                assert (sequence, kind, payload) == self.pending, "a record that was never written"
                self.note(self.pending)
        must = {q for q, row in self.completed.items() if self.region.erased.count(row[2]) == row[3]}
        assert must <= set(sequences), "a completed record was lost"
        assert self.ring.sequence > max(self.completed, default=0)


STEP = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 14), st.integers(0, 200)),
    st.tuples(st.just("burst"), st.integers(1, 14), st.integers(1, 60)),
    st.tuples(st.just("erase"), st.booleans(), st.just(0)),
    st.tuples(st.just("cut"), st.integers(0, 12), st.integers(0, 2**32)),
    st.tuples(st.just("reboot"), st.just(0), st.just(0)),
    st.tuples(st.just("fail"), st.just(0), st.just(0)),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(4, 7), st.lists(STEP, min_size=5, max_size=60))
def test_a_power_cut_at_any_operation_loses_no_completed_record_and_invents_none(sectors, steps):
    model = Model(sectors)
    for what, a, b in steps:
        try:
            if what == "append":
                model.append(a, bytes([b]) * b)
            elif what == "burst":
                for i in range(b):
                    model.append(a, bytes([i]) * 90)
                    if i % 7 == 0:
                        model.ring.erase_ahead(True)
            elif what == "erase":
                model.ring.erase_ahead(a)
            elif what == "cut":
                model.region.cut_after(a, random.Random(b))
            elif what == "fail":
                model.region.fail_next = True
            else:
                model.mount()
                model.check()
        except PowerCut:
            model.after_cut()
    model.region.cut_after(None)
    model.after_cut()


@pytest.mark.parametrize("seed", range(3))
def test_a_day_cut_at_every_single_operation_in_turn_keeps_every_record(seed):
    def day(cut, rng):
        model = Model(5)
        model.region.cut_after(cut, rng)
        try:
            for i in range(220):
                model.ring.erase_ahead(i % 3 == 0)
                model.append(1 + i % 5, bytes([i]) * (20 + i % 70))
        except PowerCut:
            model.after_cut()
            model.append(1, b"the day goes on") if model.ring.ahead or model.ring._end < 4000 else None
            model.check()
        return model

    whole = day(None, None).region.operations
    assert whole > 220
    for cut in range(seed, whole, 3):
        day(cut, random.Random(seed * 1000 + cut))
