"""The verbs of the console for people at a plain terminal: short English lines (docs/protocols/console.md).

Hazard: somebody who cannot find out why an outlet is off. Every number is named, every refusal says what to do.
"""

from shed.console import words
from shed.console.dates import date_text, date_value, span_text
from shed.console.words import word
from shed.safety.holders import LEASE, NO_SESSION
from shed.storage.journal import SESSION_KINDS, fields

_VERBS = "help status why log sessions faults stop clear time repl version confirm"
_HELP = """\
status         trips, outlets, points, gates, meters
why N          why outlet N is off
log [N]        the last N records (20)
sessions [N]   the last N records of sessions (20)
faults         faults since the start
version        firmware, configuration
With a maintenance card or the key switch, within 60 s:
stop N         ends the session at outlet N
clear          resets trips whose cause is gone, forgets faults that are over
confirm        keeps the configuration that is on trial
time YYYY-MM-DD HH:MM:SS
repl           opens everything and starts for maintenance
"""
_GROUPS = ("off", "on", "MAY BE LIVE: switch its breaker off")


class Typed:
    """`run` one typed line. commands: console.commands.Commands; the rest: constants of console.talk, which imports this module."""

    def __init__(self, commands, most, writes, breaker):
        self._commands = commands
        self._most = most
        self._writes = writes
        self._breaker = breaker
        self._shed = commands.shed

    def run(self, line, now_ms):
        """Yields lines of text, each ended by LF; None where it gives a turn away. Never raises on any line."""
        parts = line.split()
        verb = parts[0].lower()
        count = int(parts[1]) if len(parts) > 1 and len(parts[1]) < 6 and parts[1].isdigit() else -1
        if verb == "help":
            yield _HELP
        elif verb == "status":
            yield from self._status()
        elif verb == "why":
            yield from self._why(count)
        elif verb in ("log", "sessions") and count < 0 and len(parts) > 1:
            yield "`%s` is no number of records: `%s 50`\n" % (parts[1][:20], verb)
        elif verb == "log":
            yield from self._records(min(count, self._most) if count >= 0 else 20, None)
        elif verb == "sessions":
            yield from self._records(min(count, self._most) if count >= 0 else 20, SESSION_KINDS)
        elif verb == "faults":
            yield from self._faults()
        elif verb == "version":
            row = self._shed.identity()
            yield "ShedGuard %s on MicroPython %s, %s\n" % (row["fw"], row["mpy"], self._shed.mode)
            yield "site %s, board %s, configuration %08X, boot %s\n" % (row["site"], row["board"], row["cfg"], row["boot"])
        elif verb in self._writes or verb == "time":
            yield from self._write(verb, parts, count, now_ms)
        else:
            yield "no command `%s`. Did you mean `%s`? `help` lists them.\n" % (verb[:20], nearest(verb))

    def _status(self):
        shed = self._shed
        for row in shed.status_items():
            if row is None:
                yield None
            elif "o" in row:
                found = [holder for holder in row["hold"] if holder not in (NO_SESSION, LEASE)] or row["hold"][:1]  # what no card ends
                hold = ": " + "; ".join([word(words.HOLDERS, holder) for holder in _told(found)]) if found else ""
                if row["s"] or row["mw"]:
                    power = ", %d.%d W" % (row["mw"] // 1000, row["mw"] // 100 % 10)
                    hold = "%s, %s, %s, %s%s" % (power, words.kwh(row["wh"]), span_text(row["s"]), words.yuan(row["fen"]), hold)
                live = "MAY BE LIVE, switch its breaker off, " if row.get("on") == 2 else ""
                yield "outlet %d %s%s%s\n" % (row["o"], live, word(words.OUTLET_STATES, row["st"]), hold)
            elif "p" in row:
                yield "point %d %s\n" % (row["p"] + 1, word(words.POINT_STATES, row["st"]))
            elif "g" in row:
                yield "gate %d %s\n" % (row["g"] + 1, word(words.GATE_STATES, row["st"]))
            elif "m" in row:
                answers = "%d answers, %d silent, %d damaged" % (row["ok"], row["to"], row["crc"])
                age = "no reading" if row["age"] < 0 else "%d.%d V, %d ms old" % (row["dv"] // 10, row["dv"] % 10, row["age"])
                yield "meter of outlet %s %s; %s\n" % (shed.outlet_number(row["m"]), age, answers)
            elif "up_s" in row:
                clock = date_text(row["t"]) + words.KEPT[row.get("clk") == 2] if row["t"] else "clock not set"
                yield "%s mode, up %s, %s\n" % (shed.mode, span_text(row["up_s"]), clock)
                if row["trips"]:
                    yield "TRIP by %s: reset with `clear` once the cause is gone\n" % words.causes_text(row["trips"])
                else:
                    yield "no trip\n"
                if row.get("trial"):
                    yield "configuration ON TRIAL, %s left: `confirm` keeps it, else the old one comes back\n" % span_text(row["trial"])
                yield "%d faults%s\n" % (row["faults"], ": see `faults`" if row["faults"] else "")
                groups = "".join(["group %d %s, " % (i + 1, _GROUPS[on]) for i, on in enumerate(row["group"])])
                yield "%sheartbeat %s, %d KB free after a collection\n" % (groups, "on" if row["hb"] else "OFF", row["heap"] >> 10)

    def _why(self, outlet):
        found = self._shed.why(outlet) if 0 <= outlet < 256 else None
        if found is None:
            yield "which outlet? `why 3`; `status` lists them\n"
        elif found[0] == 1:
            yield "outlet %d is on\n" % outlet
        else:
            yield ("switch the breaker off: outlet %d may be live\n" if found[0] else "outlet %d is off:\n") % outlet
            for holder in _told(found[1]):
                yield "  %s\n" % word(words.HOLDERS, holder)

    def _faults(self):
        if not len(self._shed.faults):
            yield "no faults\n"
        for code, argument, times, live in self._shed.faults.rows():
            text = words.fault_text(code, argument, self._shed.outlet_number)
            first = "switch the breaker off: " if live and code in self._breaker else ""
            yield "%sfault %s: %d times, %s\n" % (first, text, times, "still there" if live else "over: `clear` forgets it")

    def _write(self, verb, parts, count, now_ms):
        asked = {"o": count}
        if verb == "time":
            asked["t"] = date_value(" ".join(parts[1:]))
            if asked["t"] < 0:
                yield "which time? `time 2026-03-01 08:30:00`\n"
                return
        row = self._commands.write(verb, asked, now_ms)
        if "err" in row:
            if row["err"] == "auth":
                yield "not authorised: tap a maintenance card or turn the key switch, then type it again within 60 s\n"
            else:
                yield "refused: %s\n" % row["hint"]
        elif verb == "clear":
            trips = "still tripped: %s" % words.causes_text(row["trips"]) if row["trips"] else "no trip left"
            yield "%s, %d faults left\n" % (trips, row["faults"])
        else:
            yield "done\n" if verb != "repl" else "everything opens; the board starts for maintenance\n"

    def _records(self, count, kinds):
        for record in self._shed.journal.newest(count, kinds):
            if record is None:
                yield None
                continue
            row = fields(record[1], record[2])
            if row is None:
                yield "#%d kind %d\n" % (record[0], record[1])
            else:
                when = date_text(row[1]) if row[1] else "boot %d +%s" % (row[2], span_text(row[0]))
                yield "#%d %s %s\n" % (record[0], when, words.sentence(record[1], row[3:], self._shed.outlet_number))


def _told(found):
    """Holders; first those at which the breaker comes first: 13 welded, 18 live."""
    return [h for h in found if h in b"\x0d\x12"] + [h for h in found if h not in b"\x0d\x12"]


def nearest(word):
    """The known verb that shares most letters with what was typed."""
    if word == "reset":  # the word of a trip's own line
        return "clear"
    best = "help"
    most = 0
    for known in _VERBS.split():
        if known == "repl":  # ends the service: nobody may be led to it
            continue
        score = 2 if known[0] == word[0] else 0
        for letter in word[:20]:
            score += 2 if letter in known else -1
        score -= abs(len(known) - len(word))
        if score > most:
            best, most = known, score
    return best
