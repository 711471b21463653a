"""Words for the closed lists of records.md, for people at a plain terminal. One string per list: RAM is short, reading is rare.

Hazard: none; a number without a word is shown as itself.
"""

OUTLET_STATES = "free|waits for its meter|waits for a bike|charging|topping up|stopping|resuming|settling|settled"
POINT_STATES = "normal|ALARM|FAULT: wire open|FAULT: wire shorted|FAULT: stuck|FAULT: not read"
GATE_STATES = "locked|released|open|HELD OPEN|free (trip)"

# From 1 on.
HOLDERS = (
    "|boot lock: the mains came back a moment ago|TRIP: the cause must go, then `clear`|a fault: see `faults`|safe mode: see `faults`"
    "|maintenance|self-test runs|its meter does not answer|load budget: waits for its turn|no session: tap a card, press the button"
    "|staggered start|no lease: the software asks for nothing|a fire point is faulty: no new session|relay WELDED: replace it, then `clear`"
)
STOP_CAUSES = (
    "|full|unplugged|longest session reached|paid time over|nothing drew power|over power|TRIP|meter silent|stopped by the customer"
    "|stopped by the operator|load gone after an outage|relay welded|below minimum power|maintenance|relay or fuse dead|24 h limit"
)
FAULTS = (
    "|scan exception|scan timer silent|clock stopped|scan overrun|task exception|task stuck|main exception|meter silent, meter"
    "|relay welded, outlet|point faulty, point|output does not read back, output|journal full|configuration bad|card table bad|boot loop|reader silent, reader"
    "|gate forced, gate|gate held open, gate|input chatters, point|watchdog|relay or fuse dead, outlet"
    "|self-test failed|unprotected: no heartbeat circuit"
)
ACCESS = "|ok|unknown card|revoked card|expired card|outside its hours|too many tries|no card table|exit|trip"
GATE_EVENTS = "|granted|denied|held open|closed again|FORCED|freed|locked again"
AUTHORITIES = "|maintenance card|key switch|key"
RESETS = "|power-on|hard reset|watchdog|deep sleep|soft reset"


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
    return "%d %s %d" % (code, text, outlet_number(argument) if last == "outlet" else argument + 1)


def bits_text(mask):
    """`1, 3` for bits 0 and 2."""
    return ", ".join([str(i + 1) for i in range(30) if mask >> i & 1])


def card_text(card):
    """The hex digits of a canonical card number, `-` for none."""
    return "".join(["%02X" % b for b in card[1 : 1 + card[0]]]) or "-"


def yuan(fen):
    return "%d.%02d yuan" % (fen // 100, fen % 100)


def kwh(wh):
    return "%d.%03d kWh" % (wh // 1000, wh % 1000)
