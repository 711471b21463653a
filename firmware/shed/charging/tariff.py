"""What a session costs.

Hazard: money and minutes must come from the same final numbers: the price is computed once, from the energised seconds that are recorded.

Time tariff (1 yuan = 5 hours): every started block of block_min minutes costs price_fen. Billed time is time with the relay closed after
load was first seen; so a session that never drew power, 0 s, costs nothing, and its first second costs a block. A session that ends for
lack of supply or of a detector, or waited too long (_BY_TIME), pays for the time it had: pro rata, rounded down.
"""

from micropython import const

TIME = const(1)

_BY_TIME = const(1 << 18 | 1 << 19 | 1 << 21)  # stop causes blind, supply_lost, waited (records.md has the table)


def charged_fen(tariff, cause, energised_s):
    """Fen for energised_s seconds of a session that ends by this stop cause (0: it goes on). tariff: (kind, price_fen, block_min), image
    section 11; block_min 0 counts as 1."""
    block_s = max(tariff[2], 1) * 60
    if _BY_TIME >> cause & 1:
        return energised_s * tariff[1] // block_s
    return (energised_s + block_s - 1) // block_s * tariff[1]
