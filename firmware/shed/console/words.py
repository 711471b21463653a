"""Words for the closed lists of records.md, for people at a plain terminal. One string per list: RAM is short, reading is rare.

Hazard: none; a number without a word is shown as itself.
"""

from shed.console.dates import date_text, span_text

OUTLET_STATES = "free|waits for its meter|waits for a bike|charging|topping up|stopping|resuming|settling|settled"
POINT_STATES = "normal|ALARM|FAULT: open|FAULT: short|FAULT: stuck|FAULT: stale|FAULT: suspect"
GATE_STATES = "locked|released|open|HELD OPEN|free (trip)"

# From 1 on.
HOLDERS = (
    "|boot lock after a start|TRIP: `clear` once its cause is gone|fault: see `faults`|safe mode: see `faults`|maintenance|self-test"
    "|meter silent|load budget: waits its turn|no session: tap a card, press the button|staggered start|no lease"
    "|fire point faulty: no new session|switch the breaker off: relay WELDED, replace it, then `clear`|expander bus out: see `faults`"
    "|fire point cannot be read: see `faults`|configuration of another board: see `faults`|row has no supply, or a low one: see `faults`"
    "|switch the breaker off: an outlet of the row may be live; look, then `clear`"
)
STOP_CAUSES = (
    "|full|unplugged|longest session|paid time over|nothing drew power|over power|TRIP|meter silent|customer|operator"
    "|load gone after outage|relay welded|below minimum power|maintenance|relay or fuse dead|24 h limit|expander bus out"
    "|fire point faulty|supply lost or switched off|another load|waited too long"
)
FAULTS = (
    "|scan exception|scan timer silent|clock stopped|scan overrun|task exception|task stuck|main exception|meter silent, meter of outlet"
    "|relay welded, outlet|point faulty, point|output readback|journal full|configuration bad|card table bad|boot loop"
    "|reader silent, reader|gate forced, gate|gate held open, gate|input chatters, point|watchdog|relay or fuse dead, outlet"
    "|self-test failed|unprotected: no heartbeat circuit|expander bus out, bus|trip of another configuration"
    "|no supply (breaker; or its meters' bus), group"
    "|low voltage, group|LIVE although commanded off, outlet|meter shows another outlet's load: wiring, outlet"
    "|fire point cannot be read, point|configuration of another board|session or trip record refused"
    "|clock not set: dated cards never end||register jumped, meter of outlet"
)
ACCESS = "|ok|unknown card|revoked card|expired card|outside its hours|too many tries|no card table|exit|trip"
GATE_EVENTS = "|granted|denied|held open|closed again|FORCED|freed|locked again"
TRIALS = "|on trial|confirmed|REJECTED, the old one is back"
AUTHORITIES = "|maintenance card|key switch|key"
KEPT = "", " (kept over a reset)"
PRESSES = "|several cards are open, tap again|several outlets pressed, wait 30 s|another card's session|blocked, see `why`"
_UNKNOWN = "a cause of another configuration"
RESETS = "|power-on|hard reset|watchdog|deep sleep|soft reset"

# One sentence per journal kind, from 1: {n2} is its field 2 behind the time fields (records.md; `:` is 10), as `_told` shows letter n.
_SENTENCES = (
    "boot {n3} by {R0}{b1}|TRIP: {x0}{p1}, effects {m2}{u4}|trip of {x0} reset by {A1}"
    "|outlet {o1}: session {s0} begins, card {c2}, {y4}"
    "|outlet {o1}: session {s0} ends: {S9}, {t4}, {e5}, {y:}, card {c2}|gate {G0}{r1}{k2}|FAULT {f0}|fault cleared by {A2}: {f0}"
    "|point {i0} {P1}|configuration {n0} in use|clock set, was {d0}, now {d1}|maintenance, by {A0}"
    "|outlet {o1}: session {s0} goes on|outlet {o1}: session {s0} energised|kept over boots: {n0} boots"
    "|configuration {n0}: {T1}{a2}|again {z0}: {n2} times more in {t3}{k4}|no room: {n0} events, {n1} records refused"
    "||{q0}REFUSED: {Q1}, card {c2}"
)


def word(table, number):
    """The word of a number, or `#number`."""
    words = table.split("|")
    return words[number] if 0 <= number < len(words) and words[number] else "#%d" % number


def fault_text(code, argument, outlet_number):
    """A fault and what it is about; outlet_number(index) -> number on the socket. Other things count from 1."""
    text = word(FAULTS, code)
    last = text[text.rfind(" ") + 1 :] if "," in text else ""
    if not last:
        return "%d %s" % (code, text)
    return "%d %s %s" % (code, text, outlet_number(argument) if last == "outlet" else argument + 1)


def bits_text(mask):
    """`1, 3` for bits 0 and 2, `none`."""
    return ", ".join([str(i + 1) for i in range(30) if mask >> i & 1]) or "none"


def causes_text(mask):
    """A mask of latches: bit 30 is one that this configuration does not know."""
    known = "cause " + bits_text(mask)
    return known if mask < 1 << 30 else _UNKNOWN if mask == 1 << 30 else known + " and " + _UNKNOWN


def card_text(card):
    """The hex digits of a canonical card number, `-` for none."""
    return "".join(["%02X" % b for b in card[1 : 1 + card[0]]]) or "-"


def yuan(fen):
    return "%d.%02d yuan" % (fen // 100, fen % 100)


def kwh(wh):
    return "%d.%03d kWh" % (wh // 1000, wh % 1000)


def sentence(kind, own, outlet_number):
    """A journal record in words, `kind N` for one without a sentence. own: the fields behind its time fields."""
    sentences = _SENTENCES.split("|")
    parts = sentences[kind - 1].split("{") if kind <= len(sentences) else ["kind %d" % kind]
    for i in range(1, len(parts)):
        parts[i] = _told(parts[i][0], own, ord(parts[i][1]) - 48, outlet_number) + parts[i][3:]
    return "".join(parts)


def _repeated(kind, detail, outlet_number):
    """What a `repeats` record counts; detail as in records.md."""
    if not kind:
        return "several things"
    if kind == 2:
        return "trip of " + causes_text(1 << detail)
    if kind == 6:
        return "gate " + word(GATE_EVENTS, detail >> 8)
    if kind == 7 or kind == 8:
        return ("FAULT " if kind == 7 else "fault cleared: ") + fault_text(detail >> 16 & 0xFF, detail & 0xFFFF, outlet_number)
    if kind == 9:
        return "point %d %s" % ((detail >> 8) + 1, word(POINT_STATES, detail & 0xFF))
    if kind == 13:
        return "session %08X goes on" % detail
    if kind == 20:
        return _told("q", (detail >> 8,), 0, outlet_number) + "REFUSED: " + word(PRESSES, detail & 0xFF)
    return "kind %d" % kind


def _told(letter, own, at, outlet_number):
    value = own[at]
    table = {"R": RESETS, "A": AUTHORITIES, "S": STOP_CAUSES, "G": GATE_EVENTS, "P": POINT_STATES, "Q": PRESSES, "T": TRIALS}.get(letter)
    if table:
        return word(table, value)
    if letter == "o":
        value = outlet_number(value)
    elif letter == "q":
        return "outlet %s: press " % outlet_number(value) if value < 255 else "tap "
    elif letter == "i":
        value += 1
    elif letter == "z":
        return _repeated(value, own[1], outlet_number)
    elif letter == "x":
        return causes_text(1 << value)
    elif letter == "s":
        return "%08X" % value
    elif letter == "y":
        return yuan(value)
    elif letter == "e":
        return kwh(value // 1000)
    elif letter == "t":
        return span_text(value)
    elif letter == "c":
        return card_text(value)
    elif letter == "k":
        return ", card " + card_text(value) if value[0] else ""
    elif letter == "m":
        return bits_text(value)
    elif letter == "d":
        return date_text(value) if value else "not set"
    elif letter == "f":
        return fault_text(value, own[at + 1], outlet_number)
    elif letter == "b":
        return ", after fault %s" % fault_text(value, own[at + 1], outlet_number) if value else ""
    elif letter == "p":
        return ", point %d" % (value + 1) if value < 255 else ""
    elif letter == "a":
        return " by " + word(AUTHORITIES, value) if value else ""
    elif letter == "u":
        return " in %d us" % value if value >= 0 else ""
    elif letter == "r":
        return ": " + word(ACCESS, value) if value else ""
    return str(value)
