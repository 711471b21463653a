"""A configuration on trial: after any end of it, at any flash operation, the shed has the old one or the new one, never none."""

import random

import pytest
from shed.storage.slots import CONFIRMED, REJECTED, ConfigSlots

from hil_tests.firmware.storage.nor_flash import SECTOR, NorRegion, PowerCut
from hil_tests.firmware.storage.test_records import region_with, slot

OLD, NEW = b"old" * 900, b"new" * 1500
ERASED = 0xFFFF


def booted(region):
    """What a boot finds: (image, on trial, sequence that it rejected)."""
    slots = ConfigSlots(region)
    image = slots.load()
    return None if image is None else bytes(image), slots.trial, slots.rejected


def pushed(region, at, content):
    """What a tool does to the slot not in use: erase sector by sector and program page by page."""
    for sector in range(-(-len(content) // SECTOR)):
        region.erase(at // SECTOR + sector)
        part = content[sector * SECTOR : (sector + 1) * SECTOR]
        for page in range(0, len(part), 256):
            region.program(at + sector * SECTOR + page, part[page : page + 256])


def test_a_new_configuration_runs_once_and_the_next_boot_goes_back_to_the_old_one():
    region = region_with(slot(OLD, 1), slot(NEW, 2, ERASED))
    assert booted(region) == (NEW, True, 0)
    assert booted(region) == (OLD, False, 2)
    assert booted(region) == (OLD, False, 0), "rejected for good, and reported once"


def test_a_confirmed_trial_stays():
    region = region_with(slot(OLD, 1), slot(NEW, 2, ERASED))
    slots = ConfigSlots(region)
    slots.load()
    slots.confirm()
    assert not slots.trial
    assert booted(region) == (NEW, False, 0)


@pytest.mark.parametrize("state", [ERASED, 0xFFFE])
def test_an_untried_configuration_that_is_older_than_the_confirmed_one_is_left_alone(state):
    assert booted(region_with(slot(NEW, 3), slot(OLD, 2, state))) == (NEW, False, 0)


def test_a_damaged_new_configuration_is_never_tried():
    broken = bytearray(slot(NEW, 2, ERASED))
    broken[700] ^= 4
    assert booted(region_with(slot(OLD, 1), bytes(broken))) == (OLD, False, 0)


def test_a_flash_that_cannot_be_marked_runs_the_old_one():
    region = region_with(slot(OLD, 1), slot(NEW, 2, ERASED))
    region.fail_next = True
    assert booted(region) == (OLD, False, 0)


def test_a_first_configuration_that_is_rejected_leaves_the_shed_without_one_which_is_safe_mode():
    region = region_with(slot(NEW, 1, ERASED))
    assert booted(region)[0] == NEW
    assert booted(region) == (None, False, 1)


@pytest.mark.parametrize("before", ["blank", "rejected", "older and confirmed"])
@pytest.mark.parametrize("seed", range(5))
def test_a_cut_at_every_flash_operation_of_a_change_leaves_the_old_or_the_new(before, seed):
    """Writing, beginning the trial, confirming; each cut is followed by boots until nothing changes any more."""
    lying = {"blank": b"", "rejected": slot(b"bad" * 700, 8, 0xFFFF & ~1 & ~REJECTED), "older and confirmed": slot(b"first" * 500, 6)}[
        before
    ]
    outcomes = set()
    cut = 0
    for cut in range(1000):
        print(f"seed {seed} cut {cut}")
        region = region_with(slot(OLD, 7), lying)
        region.cut_after(cut, random.Random(seed * 1000 + cut))
        done = False
        try:
            pushed(region, 0x4000, slot(NEW, 9, ERASED))
            slots = ConfigSlots(region)
            assert slots.load() == NEW and slots.trial
            slots.confirm()
            done = True
        except PowerCut:
            pass
        region.cut_after(None)
        image, trial, _ = booted(region)
        after, still, _ = booted(region)
        assert image in (OLD, NEW) or (trial and before == "rejected"), (
            "an erase cut short may bring a rejected one back, for another trial"
        )
        assert after in (OLD, NEW) and not still, "the next boot runs a confirmed one"
        assert not done or after == NEW
        outcomes.add(after)
        if done:
            break
    assert outcomes == {OLD, NEW} and cut > 15


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_while_a_trial_is_begun_or_rejected_leaves_the_old_or_the_new(seed):
    for cut in (0, 1):
        region = region_with(slot(OLD, 1), slot(NEW, 2, ERASED))
        region.cut_after(cut, random.Random(seed))
        for _ in range(2):
            try:
                ConfigSlots(region).load()
            except PowerCut:
                break
        region.cut_after(None)
        assert booted(region)[0] in (OLD, NEW)
        booted(region)
        assert booted(region) == (OLD, False, 0)


def test_state_bits_are_the_documented_ones():
    region = NorRegion(8)
    slots = ConfigSlots(region)
    slots.mark(1, CONFIRMED)
    assert region.bytes[0x4006:0x4008] == b"\xfd\xff"
