"""What a session costs.

Hazard: money and minutes must come from the same final numbers: the price is computed once, from the energised seconds that are recorded.

Time tariff (1 yuan = 5 hours): every started block of block_min minutes costs price_fen. Billed time is time with the relay closed after
load was first seen; so a session that never drew power, 0 s, costs nothing, and its first second costs a block. What the shed itself ends
because its detectors are blind pays for the time it had (`used_fen`).
"""

from micropython import const

TIME = const(1)


def price_fen(tariff, energised_s):
    """Fen for energised_s seconds. tariff: (kind, price_fen, block_min), image section 11; block_min 0 counts as 1."""
    block_s = max(tariff[2], 1) * 60
    return (energised_s + block_s - 1) // block_s * tariff[1]


def used_fen(tariff, energised_s):
    """What the time itself is worth, rounded down: a sale that ends for want of supply, or of a detector, does not pay for the rest of its
    block."""
    block_s = max(tariff[2], 1) * 60
    return energised_s // block_s * tariff[1] + energised_s % block_s * tariff[1] // block_s
