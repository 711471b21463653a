"""A meter's running register: which of its steps are believed.

Hazard: one wrong word in a frame with a good CRC bills 30 Wh, or takes a baseline away that never was. So a step that power and time cannot
explain is accepted only when a second reading continues from it, and it is no energy: it is added to `moved_wh`, and each energy count
moves its zero by it. A register that jumps back thus brings the old zero back. The first reading of all needs a second one, too.
"""

from micropython import const

_MODULO_WH = const(10000000)  # rolls over behind 9999.99 kWh
_SLACK_WH = const(2)  # the register cuts off fractions, and a load that came and went between two readings


def step_wh(before_wh, wh):
    """From one register to a later one; rolling over is no step back."""
    step = wh - before_wh
    return step + _MODULO_WH if step < -_MODULO_WH // 2 else step


def explained(step, power_w, span_s):
    """Whether so much power over so much time, and a quarter more, makes such a step."""
    return 0 <= step <= _SLACK_WH + power_w * span_s // 2880


def take(reading, wh, before_mw, reply_ms, taken_ms):
    """Judge the register `wh` of a new reply; reading.power_mw is new already, before_mw the one before.

    reply_ms: since the reply before; taken_ms: since the last register that was believed. Returns whether this one is.
    """
    power_w = max(before_mw, reading.power_mw) // 1000 + 1
    if reading.valid:
        step = step_wh(reading.energy_wh, wh)
        if explained(step, power_w, taken_ms // 1000 + 1):
            reading.moved_wh += wh - reading.energy_wh - step  # 0, or one round of the register
            reading.energy_wh = wh
            reading.odd_wh = -1
            return True
    if reading.odd_wh < 0 or not explained(step_wh(reading.odd_wh, wh), power_w, reply_ms // 1000 + 1):
        reading.odd_wh = wh
        return False
    if reading.valid:
        reading.moved_wh += wh - reading.energy_wh
        reading.jumped = True
    reading.energy_wh = wh
    reading.odd_wh = -1
    reading.valid = True
    return True
