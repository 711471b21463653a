"""Outputs: leases, holders, contactors first, nothing comes on by itself. Pins are recorders; time is counted in scans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from shed.safety import holders
from shed.safety.outputs import CONTACTOR_SETTLE_SCANS, LEASE_SCANS, Outputs


class Pin:
    """Records what was written, in a log shared by all pins of a test."""

    def __init__(self, name: str, log: list[tuple[str, int]]):
        self.name, self.log, self.on, self.stuck_low = name, log, 0, False

    def __call__(self, level: int | None = None) -> int:
        if level is not None:
            self.on = level
            self.log.append((self.name, level))
        return 0 if self.stuck_low else self.on


def shed(outlets: int = 4):
    log: list[tuple[str, int]] = []
    relays = [Pin(f"K{i}", log) for i in range(outlets)]
    contactor, lock = Pin("KM", log), Pin("Y", log)
    return Outputs([(pin, 1) for pin in relays], [(contactor, 1)], [(lock, 1)], [[(1 << outlets) - 1]]), relays, contactor, lock, log


def scans(outputs: Outputs, count: int, renew: int = 0, cut: int = 0, free: int = 0) -> None:
    for _ in range(count):
        if renew:
            outputs.renew(renew)
        outputs.drive(cut, free)


def test_an_outlet_closes_only_after_its_contactor_has_settled():
    outputs, relays, contactor, _, _ = shed()
    scans(outputs, CONTACTOR_SETTLE_SCANS, renew=1)
    assert contactor.on and not relays[0].on
    scans(outputs, 3, renew=1)
    assert relays[0].on and not relays[1].on


def test_without_renewal_an_outlet_opens_within_two_lease_generations():
    outputs, relays, contactor, _, _ = shed()
    scans(outputs, 50, renew=1)
    scans(outputs, 2 * LEASE_SCANS)
    assert not relays[0].on
    outputs.drive(0, 0)
    assert not contactor.on


def test_a_trip_opens_the_contactor_before_the_relays_in_one_scan_and_the_lease_is_gone():
    outputs, relays, contactor, _, log = shed()
    scans(outputs, 50, renew=0b1111)
    log.clear()
    outputs.drive(1, 0)
    assert log[0] == ("KM", 0) and not any(relay.on for relay in relays)
    scans(outputs, 50)
    assert not contactor.on and not any(relay.on for relay in relays)


def test_a_trip_that_ends_does_not_bring_an_outlet_back_without_a_new_lease():
    outputs, relays, _, _, _ = shed()
    scans(outputs, 50, renew=1)
    outputs.drive(1, 0)
    scans(outputs, 50)
    assert not relays[0].on


def kept_closed():
    """Outlet 0 was on alone; its relay is open now, and its contactor is kept."""
    outputs, relays, contactor, _, _ = shed()
    scans(outputs, 50, renew=1)
    outputs.words[0].kept = 1
    scans(outputs, 3 * LEASE_SCANS, renew=1)
    assert contactor.on and not relays[0].on
    return outputs, relays, contactor


def test_a_kept_contactor_outlives_its_last_relay_and_no_lease():
    outputs, relays, contactor = kept_closed()
    scans(outputs, 2 * LEASE_SCANS + 1)
    assert not contactor.on
    scans(outputs, 50, renew=1)
    assert not contactor.on, "it is kept, never closed for it"
    outputs, relays, contactor = kept_closed()
    outputs.words[0].kept = 0
    outputs.renew(0)
    scans(outputs, 2)
    assert not contactor.on and not relays[0].on


def test_a_trip_and_a_holder_open_a_kept_contactor_at_the_next_scan():
    outputs, _, contactor = kept_closed()
    outputs.drive(1, 0)
    assert not contactor.on
    scans(outputs, 50, renew=1)
    assert not contactor.on
    outputs, _, contactor = kept_closed()
    outputs.hold(holders.SELF_TEST, 1)
    scans(outputs, 1, renew=1)
    assert not contactor.on


def test_a_holder_opens_at_the_next_scan_and_why_names_it_in_order():
    outputs, relays, _, _, _ = shed()
    scans(outputs, 50, renew=1)
    outputs.hold(holders.METER_STALE, 1)
    outputs.hold(holders.BOOT_LOCK, 1)
    outputs.drive(0, 0)
    assert not relays[0].on
    assert outputs.why(0) == [holders.BOOT_LOCK, holders.METER_STALE]
    outputs.release(holders.BOOT_LOCK, 1)
    outputs.release(holders.METER_STALE, 1)
    outputs.renew(1)
    assert outputs.why(0) == []


def test_a_point_fault_blocks_new_sessions_but_opens_nothing():
    outputs, relays, _, _, _ = shed()
    scans(outputs, 50, renew=1)
    outputs.hold(holders.POINT_FAULT, 0b1111)
    scans(outputs, 2, renew=1)
    assert relays[0].on


def test_a_lock_whose_owner_died_is_freed_and_a_trip_frees_it_at_once():
    outputs, _, _, lock, _ = shed()
    outputs.renew_locks(1)
    outputs.drive(0, 0)
    assert lock.on
    outputs.drive(0, 1)
    assert not lock.on
    outputs.renew_locks(1)
    outputs.drive(0, 0)
    assert lock.on
    scans(outputs, 2 * LEASE_SCANS)
    assert not lock.on


def test_a_relay_that_does_not_follow_is_found_within_one_rotation():
    outputs, relays, _, _, _ = shed()
    scans(outputs, 50, renew=1)
    relays[0].stuck_low = True
    scans(outputs, 7, renew=1)
    assert outputs.bad_readback == 1


def test_all_off_opens_contactors_first_and_forgets_every_lease():
    outputs, relays, _, lock, log = shed()
    outputs.renew_locks(1)
    scans(outputs, 50, renew=0b1111)
    log.clear()
    outputs.all_off()
    assert log[0] == ("KM", 0)
    scans(outputs, 50)
    assert not any(relay.on for relay in relays) and not lock.on


VERBS = st.sampled_from(["renew", "hold", "release", "drive", "cut", "off"])
ACTIONS = st.lists(st.tuples(VERBS, st.integers(0, 15), st.integers(1, 13)), max_size=300)


@given(ACTIONS)
def test_no_sequence_of_calls_leaves_an_outlet_on_with_a_holder_a_cut_or_no_lease(actions: list[tuple[str, int, int]]):
    outputs, relays, contactor, _, _ = shed()
    last_renewed = [-(10**9)] * 4
    held: dict[int, int] = {}
    cut = scan = 0
    for action, mask, holder in actions:
        if action == "renew":
            outputs.renew(mask)
            for i in range(4):
                last_renewed[i] = scan if mask >> i & 1 else -(10**9)
        elif action == "hold":
            outputs.hold(holder, mask)
            held[holder] = held.get(holder, 0) | mask
        elif action == "release":
            outputs.release(holder, mask)
            held[holder] = held.get(holder, 0) & ~mask
        elif action == "cut":
            cut = mask & 1
        elif action == "off":
            outputs.all_off()
            assert not any(relay.on for relay in relays) and not contactor.on
        else:
            for _ in range(mask * 8 + 1):
                scan += 1
                outputs.drive(cut, 0)
                for i in range(4):
                    if relays[i].on:
                        assert not cut and contactor.on
                        assert scan - last_renewed[i] <= 2 * LEASE_SCANS
                        assert not any(m >> i & 1 for h, m in held.items() if h != holders.POINT_FAULT)
