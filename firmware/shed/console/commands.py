"""The verbs of the console, for tools (docs/protocols/console.md), and what typed and framed commands share.

Hazard: a reading that changes something, a write nobody authorised. Reading verbs are in `read`, writing ones in `write`, nowhere else.

The `shed` is service/desk.py's Desk; contracts.pyi says what is asked of it. `by` is auth.CARD, KEY_SWITCH or HMAC.
"""

from binascii import b2a_base64, hexlify, unhexlify

from micropython import const

from shed.storage.journal import SESSION_KINDS

_TYPES = const(0)  # true for the type checker (host_tools/pyright-firmware.json); on a board the compiler leaves out what is under it

if _TYPES:
    from shed.console.contracts import Shed

_HINTS = {
    "auth": "tap a maintenance card, turn the key switch, or use --key",
    "locked": "too many wrong keys: wait, up to 5 minutes",
    "verb": "help lists the commands",
    "param": "a number is missing or out of range",
    "json": "send one JSON object",
    "long": "a line has at most 192 bytes",
    "card": "no such card in the board's table",
    "busy": "there is no session to stop",
    "trial": "no configuration is on trial, or its self-test fails",
}
_EARLIEST_S = const(757382400)  # 2024; the latest is what the chip's calendar takes, 2068
_MOST_BYTES = 70  # of a payload, as hex in one frame
_CARDS = 6  # records of the card table, as base64 in one frame


def error(name):
    """The object of a refusal."""
    return {"err": name, "hint": _HINTS[name]}


def number(fields, name, low, high, default=None):
    """An integer parameter in low..high, None when it is anything else."""
    value = fields.get(name, default)
    return value if type(value) is int and low <= value <= high else None


class Commands:
    """shed: see contracts.pyi. auth: console.auth.Auth. `after`: what to call once the answer went out, or None."""

    def __init__(self, shed: "Shed", auth):
        self.shed = shed
        self.auth = auth
        self.after = None

    def write(self, verb, fields, now_ms):
        """Runs a writing verb; its answer, or None when `verb` is not one, or is left to `read`, now authorised. fields: o, t, c, mac."""
        shed = self.shed
        value = 0
        card = ""
        message = verb
        if verb == "stop" or verb == "time":
            value = number(fields, "o", 0, 255) if verb == "stop" else number(fields, "t", _EARLIEST_S, 0x7FFFFFFF)
            if value is None:
                return error("param")
            message = "%s%d" % (verb, value)
        elif verb == "revoke" or verb == "cards":
            card = fields.get("c", "")
            if not isinstance(card, str) or len(card) != (22 if verb == "revoke" else 0):
                return error("param")
            message = verb + ('"%s"' % card if card else "")
        elif verb != "clear" and verb != "confirm" and verb != "repl":
            return None
        by = self.auth.authorise(message, fields.get("mac"), now_ms)
        if not by:
            return error(self.auth.error)
        if verb == "clear":
            trips, faults = shed.clear(by)
            return {"ok": True, "trips": trips, "faults": faults}
        if verb == "cards":
            return None  # only those who may change the list of cards may see it
        if verb == "revoke":
            try:
                if not shed.revoke(unhexlify(card)):
                    return error("card")
            except ValueError:
                return error("param")
        elif verb == "stop":
            if not shed.stop(value):
                return error("busy")
        elif verb == "confirm":
            if not shed.confirm(by):
                return error("trial")
        elif verb == "time":
            shed.set_time(value)
        else:
            self.after = lambda: shed.enter_maintenance(by)
        return {"ok": True}

    def read(self, verb, fields, now_ms):
        """Yields the answer's objects; None where it gives a turn away."""
        shed = self.shed
        if verb == "hello":
            item = shed.identity()
            item["ok"] = True
            item["proto"] = 1
            item["mode"] = shed.mode
            yield item
        elif verb == "status" or verb == "tasks":
            first = True
            for item in shed.status_items() if verb == "status" else shed.task_items():
                if first and item is not None:
                    first = False
                    item["ok"] = True
                    if verb == "status":
                        item["mode"] = shed.mode
                yield item
        elif verb == "why":
            outlet = number(fields, "o", 0, 255)
            found = None if outlet is None else shed.why(outlet)
            yield error("param") if found is None else {"ok": True, "o": outlet, "on": found[0], "hold": found[1]}
        elif verb == "log" or verb == "sessions":
            yield from self._records(fields, SESSION_KINDS if verb == "sessions" else None)
        elif verb == "faults":
            yield {"ok": True, "n": len(shed.faults)}
            for code, argument, times, live in shed.faults.rows():
                yield {"f": code, "a": argument, "n": times, "live": 1 if live else 0}
        elif verb == "cards":
            yield from self._cards()
        elif verb == "auth":
            yield {"ok": True, "nonce": self.auth.challenge(now_ms)}
        else:
            yield error("verb")

    def _cards(self):
        cards = self.shed.cards
        yield {"ok": True, "n": cards.count}
        for i in range(0, cards.count, _CARDS):
            rows = b"".join([bytes(cards.record(k)) for k in range(i, min(i + _CARDS, cards.count))])
            yield {"c": b2a_base64(rows).decode().strip()}

    def _records(self, fields, kinds):
        since = number(fields, "since", 0, 0xFFFFFFFF, -1)
        count = number(fields, "n", 0, 0xFFFF, 20)
        if count is None or (since is None and "since" in fields):
            yield error("param")
            return
        journal = self.shed.journal
        yield {"ok": True, "next": journal.ring.sequence}
        for record in journal.newest(count, kinds) if since is None else journal.since(since):
            if record is None:
                yield None
            elif kinds is None or record[1] in kinds:
                payload = record[2][:_MOST_BYTES]
                yield {"q": record[0], "k": record[1], "d": hexlify(payload).decode()}
