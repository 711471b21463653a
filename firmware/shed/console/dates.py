"""Calendar dates for people: seconds since 2000-01-01 to and from `YYYY-MM-DD HH:MM:SS`. Integers only, no time zone."""

from micropython import const

_DAYS_BEFORE_2000 = const(730425)  # from 1 March of year 0


def date_text(epoch_s):
    """The text of 0 .. 2^32-1."""
    days = epoch_s // 86400 + _DAYS_BEFORE_2000
    era = days // 146097
    of_era = days % 146097
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153  # months from March
    month = shifted + 3 if shifted < 10 else shifted - 9
    year += era * 400 + (1 if month < 3 else 0)
    return "%d-%02d-%02d %s" % (year, month, of_year - (153 * shifted + 2) // 5 + 1, span_text(epoch_s % 86400, 2))


def date_value(text):
    """Seconds since 2000 of a text, -1 when it is no date from 2000 on."""
    try:
        year, month, day = int(text[0:4]), int(text[5:7]), int(text[8:10])
        seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    except ValueError:
        return -1
    if month < 3:
        year -= 1
        month += 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 1
    value = (days - _DAYS_BEFORE_2000) * 86400 + seconds
    return value if 0 <= value < 1 << 32 and date_text(value) == text else -1


def span_text(seconds, digits=1):
    """H:MM:SS of a duration."""
    return "%0*d:%02d:%02d" % (digits, seconds // 3600, seconds // 60 % 60, seconds % 60)
