"""Whose card: a session is on the card of a person who pressed this outlet's button, and nobody else stops it by the button.

Law 6 from the other side: a session settled to the fen on a neighbour's card is a theft. The acts of the plant's people are the reference;
how the firmware tells people apart (docs/decisions/) is left to it, as long as it refuses in doubt.

Only the limits that docs/decisions/0020 accepts are accepted here. With a single open grant tap-then-press works for everybody, so whoever
presses while only one card is open counts as its owner. After a press that several open cards made unclear, the owner of an open card that
is read again within half a minute counts as the presser, and such a reading may use the card up, whoever pressed. Anybody's press stops a
running session whose card is open. A card is open from its report by the reader for the grant's time, or until a session begins or ends on
it, or the board restarts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from shedguard.formats.lists import STOP_CAUSES
from shedguard.formats.records import Record

from .site import Site
from .timeline import EARLY_NS, LATE_NS, SECOND_NS, Timeline
from .truth import Press, Span, Truth

START_NS: Final = 32 * SECOND_NS  # a press selects its outlet for 30 s; the card may follow it
SELECTED_NS: Final = 31 * SECOND_NS
SERVICE_NS: Final = 3 * SECOND_NS  # from the start of MicroPython until a card opens anything
LIES_NS: Final = 5 * SECOND_NS  # a second reading within this may be the same tap: the card stayed there
READ_NS: Final = SECOND_NS // 2  # a press this near to a reading may come before or after it
STOP_NS: Final = 32 * SECOND_NS  # and a session is settled some seconds after its relay has opened


class Use(NamedTuple):
    """A card started or stopped a session at an outlet, at some time in between."""

    person: str
    from_ns: int
    to_ns: int
    outlet: int


class Refused(NamedTuple):
    """A press that used no card, by the journal."""

    outlet: int
    at_ns: int


def settle_people(truth: Truth, site: Site, records: Iterable[Record], timeline: Timeline) -> list[str]:
    """Every session on the card of a person who was not there, or stopped by one."""
    if truth.owners is None:
        return []
    findings: list[str] = []
    owners: dict[int, str] = {}
    used: list[Use] = []
    records = list(records)
    refused = [
        Refused(site.outlets[record.number("outlet")], timeline.when(record))
        for record in records
        if record.kind == "press_refused" and record.number("outlet") < len(site.outlets)
    ]
    for record in records:
        if record.kind not in ("session_start", "session_end") or record.number("outlet") >= len(site.outlets):
            continue
        outlet, session, at_ns = site.outlets[record.number("outlet")], record.number("session"), timeline.when(record)
        name = f"session {session:#010x} at outlet {outlet}"
        if record.kind == "session_start":
            card = record.fields["card"]
            owner = truth.owners.get(card) if isinstance(card, bytes) else None
            if owner is None:
                findings.append(f"{name} is on card {card!r}, which nobody has")
                continue
            owners[session] = owner
            presses = _near(truth, outlet, at_ns, START_NS)
            if not any(
                _only_open(owner, press.at_ns, truth, site, used, refused) or _tapped_again(owner, press.at_ns, truth, site, used)
                for press in presses
            ):
                findings += _presence(f"{name} is on the card of {owner}", owner, presses)
            used.append(_use(owner, outlet, at_ns, presses, truth, site, used))
        elif STOP_CAUSES.get(record.number("stop_cause")) == "user" and session in owners:
            owner = owners[session]
            presses = _near(truth, outlet, at_ns, STOP_NS)
            if not any(owner in _open(press.at_ns, truth, site, used) for press in presses):
                findings += _presence(f"{name} of {owner} was stopped by its user", owner, presses)
            used.append(_use(owner, outlet, at_ns, presses, truth, site, used))
    return findings


def _open(at_ns: int, truth: Truth, site: Site, used: list[Use]) -> set[str]:
    """Owners whose cards may have been open at this time: read before it and not used since."""
    started_ns = max((boot for boot in truth.boots_ns if boot < at_ns), default=0)
    first_ns = max(started_ns, at_ns - site.grant_s * SECOND_NS - READ_NS)
    return {
        tap.person
        for tap in truth.taps
        if first_ns <= tap.at_ns <= at_ns + READ_NS
        and not any(tap.at_ns < use.from_ns and use.to_ns < at_ns for use in used if use.person == tap.person)
    }


def _surely_open(at_ns: int, truth: Truth, site: Site, used: list[Use], refused: list[Refused]) -> set[str]:
    """Owners whose cards surely were open: read in service and not used since. A press may use a card without a record (a session that
    never begins, a stop that a trip overtakes), so after a press no card is sure, unless the journal says that the press was refused, or
    the use of one card explains it, which concerns that card only."""
    started_ns = max((boot for boot in truth.boots_ns if boot < at_ns), default=0) + SERVICE_NS
    pressed_ns = max(
        (
            press.at_ns
            for outlet, presses in truth.presses.items()
            for press in presses
            if press.at_ns < at_ns and not _explained(outlet, press.at_ns, truth, used, refused)
        ),
        default=0,
    )
    first_ns = max(started_ns, pressed_ns + READ_NS, at_ns - site.grant_s * SECOND_NS + READ_NS)
    used = used + [Use(tap.person, tap.at_ns, tap.at_ns, 0) for tap in truth.taps if tap.at_ns < at_ns and _answers(tap, truth, site, used)]
    return {
        tap.person
        for tap in truth.taps
        if first_ns <= tap.at_ns <= at_ns - READ_NS
        and not any(tap.at_ns - LIES_NS < other.at_ns < tap.at_ns for other in truth.taps if other.person == tap.person)
        and not any(tap.at_ns - READ_NS <= use.to_ns + EARLY_NS and use.from_ns < at_ns for use in used if use.person == tap.person)
    }


def _answers(tap: Press, truth: Truth, site: Site, used: list[Use]) -> bool:
    """The tap may have been taken for the answer to a press, whoever pressed: its card was open then. It is used up even where no session
    came of it."""
    return any(
        press.at_ns - READ_NS <= tap.at_ns <= press.at_ns + SELECTED_NS and tap.person in _open(press.at_ns, truth, site, used)
        for presses in truth.presses.values()
        for press in presses
        if press.at_ns < tap.at_ns
    )


def _explained(outlet: int, at_ns: int, truth: Truth, used: list[Use], refused: list[Refused]) -> bool:
    """The journal has a refusal or a use of the outlet for this press and for every press near it."""
    near = [press for press in truth.presses[outlet] if abs(press.at_ns - at_ns) <= EARLY_NS + LATE_NS]
    told = sum(one.outlet == outlet and one.at_ns - LATE_NS <= at_ns <= one.at_ns + EARLY_NS for one in refused)
    told += sum(one.outlet == outlet and one.from_ns <= at_ns <= one.to_ns for one in used)
    return len(near) <= told


def _use(owner: str, outlet: int, at_ns: int, presses: list[Press], truth: Truth, site: Site, used: list[Use]) -> Use:
    """The use is at the press if the card was open then, at the tap if that follows the press, else at the time of the record."""
    for press in reversed(presses):
        if owner in _open(press.at_ns, truth, site, used) and not _tapped_again(owner, press.at_ns, truth, site, used):
            return Use(owner, press.at_ns, press.at_ns, outlet)
    return Use(owner, at_ns - LATE_NS, at_ns + EARLY_NS, outlet)


def _only_open(owner: str, at_ns: int, truth: Truth, site: Site, used: list[Use], refused: list[Refused]) -> bool:
    """Whether at a press this card may have been the only one open."""
    return owner in _open(at_ns, truth, site, used) and not _surely_open(at_ns, truth, site, used, refused) - {owner}


def _tapped_again(owner: str, at_ns: int, truth: Truth, site: Site, used: list[Use]) -> bool:
    """Whether the card was open at a press that another open card made unclear, and was read again while the press selects its outlet."""
    could = _open(at_ns, truth, site, used)
    return (
        owner in could
        and len(could) > 1
        and any(tap.person == owner and at_ns - READ_NS <= tap.at_ns <= at_ns + SELECTED_NS for tap in truth.taps)
    )


def _near(truth: Truth, outlet: int, at_ns: int, before_ns: int) -> list[Press]:
    """The presses of the outlet at most ``before_ns`` before, not counting the time in which no board ran: after a cut, what the press
    began is recorded by the next start that can."""
    return [
        press
        for press in truth.presses.get(outlet, [])
        if press.at_ns <= at_ns + EARLY_NS and truth.ran(Span(press.at_ns, at_ns)) <= before_ns + LATE_NS
    ]


def _presence(what: str, owner: str, presses: list[Press]) -> list[str]:
    if any(press.person in ("", owner) for press in presses):
        return []
    others = sorted({press.person for press in presses})
    return [f"{what}, and {'the button was pressed by ' + ' and '.join(others) if others else 'nobody pressed its button'}"]
