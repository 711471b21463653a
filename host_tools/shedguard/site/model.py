"""What a site file may say (docs/protocols/site-file.md). Ranges and types only; what depends on other tables is in check.py.

Defaults of ``[charging]`` are what charging piles in the field use: full at 20 % of the peak for 30 minutes, unplugged below 1 W for 10 s.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..files.fields import NAME_LENGTH, Whole
from . import limits
from .meters import MeterName
from .readers import ReaderName
from .tariffs import TariffName

Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH, strip_whitespace=True)]
U16 = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[int, Field(ge=1, le=65535)]
Watts = Annotated[int, Field(ge=1, le=65535)]


def _between(range_: tuple[int, int], default: int) -> Any:
    return Field(default=default, ge=range_[0], le=range_[1])


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Site(_Strict):
    """``[site]``."""

    id: int = Field(ge=1, le=0xFFFFFFFF)
    name: Name
    board: Name
    time_zone_min: int = Field(default=480, ge=-720, le=840)


class Safety(_Strict):
    """``[safety]``. Without ``heartbeat`` the board is reported unprotected."""

    heartbeat: Name | None = None
    hold_off_s: int = Field(default=10, ge=0, le=600)
    blind_grace_min: int = Field(default=limits.BLIND_GRACE_MIN, ge=0, le=limits.MOST_GRACE_MIN)
    maintenance_key: str = Field(pattern=r"^[0-9a-fA-F]{64}$")


class Group(_Strict):
    """``[[group]]``: outlets behind one contactor."""

    name: Name
    contactor: Name
    breaker_w: Watts


class Bus(_Strict):
    """``[[bus]]``: one RS-485 bus."""

    name: Name
    port: Name
    baud: Annotated[Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200], Whole] = 9600
    parity: Literal["none", "odd", "even"] = "none"


class Meter(_Strict):
    """``meter = { ... }`` of an outlet."""

    bus: Name
    address: int = Field(ge=1, le=limits.METER_ADDRESS)
    profile: MeterName


class Outlet(_Strict):
    """``[[outlet]]``. ``number`` is what stands on the socket."""

    number: int = Field(ge=1, le=limits.OUTLET_NUMBER)
    group: Name
    relay: Name
    button: Name | None = None
    meter: Meter
    max_power_w: int = Field(default=1000, ge=limits.LEAST_POWER_W, le=limits.MOST_POWER_W)


class Bands(_Strict):
    """Upper limits of a loop's bands in millivolts."""

    short: int = Field(ge=0, le=limits.LOOP_MV)
    alarm: int = Field(ge=1, le=limits.LOOP_MV)
    normal: int = Field(ge=2, le=limits.LOOP_MV)


class Point(_Strict):
    """``[[point]]``: a supervised input. ``zone``: what one detector hears as well as another (decision 0014)."""

    name: Name
    kind: Literal["contact", "loop"]
    terminal: Name
    normally: Literal["open", "closed"] | None = None
    bands_mv: Bands | None = None
    fire: bool = False
    zone: Name | None = None
    use: Literal["plain", "key_switch"] = "plain"
    trip_samples: int = Field(default=3, ge=2, le=20)
    clear_ms: int = Field(default=2000, ge=100, le=60000)


class Cause(_Strict):
    """``[[cause]]``: a row of the cause-and-effect matrix."""

    name: Name
    points: Annotated[list[Name], Field(min_length=1, max_length=limits.POINTS)]
    votes: int = Field(default=1, ge=1, le=limits.POINTS)
    window_s: int = Field(default=0, ge=0, le=3600)
    effects: Annotated[list[Name], Field(min_length=1, max_length=limits.EFFECTS)]
    latched: bool = True
    armed: bool = True


class Gate(_Strict):
    """``[[gate]]``."""

    name: Name
    lock: Name
    contact: Name | None = None
    contact_normally: Literal["open", "closed"] = "closed"
    release_s: int = Field(default=5, ge=1, le=255)
    held_open_s: int = Field(default=60, ge=0, le=3600)


class Reader(_Strict):
    """``[[reader]]``."""

    name: Name
    kind: ReaderName
    port: Name
    gate: Name


class Tariff(_Strict):
    """``[tariff]``: a price for a block of time; ``kind`` says how blocks are counted."""

    kind: TariffName = "time"
    price_fen: U16
    block_min: int = Field(ge=1, le=1440)


class Charging(_Strict):
    """``[charging]``."""

    start_power_w: int = _between(limits.START_POWER_W, 10)
    start_time_s: int = _between(limits.START_TIME_S, 120)
    unplug_power_mw: int = _between(limits.UNPLUG_POWER_MW, 1000)
    unplug_time_s: int = _between(limits.UNPLUG_TIME_S, 10)
    full_percent: int = Field(default=20, ge=1, le=90)
    full_floor_w: int = _between(limits.FULL_FLOOR_W, 30)
    full_time_s: int = _between(limits.FULL_TIME_S, 1800)
    full_time_late_s: int = _between(limits.FULL_TIME_S, 300)
    full_late_after_s: int = _between(limits.FULL_LATE_AFTER_S, 10800)
    drift_w: int = _between(limits.DRIFT_W, 6)
    top_up_s: U16 = 3600
    min_power_w: int = _between(limits.MIN_POWER_W, 30)
    min_power_time_s: int = _between(limits.MIN_POWER_TIME_S, 1800)
    max_session_min: int = Field(default=480, ge=1, le=1440)
    hard_session_min: int = Field(default=600, ge=1, le=1440)
    grant_s: int = Field(default=180, ge=10, le=3600)
    checkpoint_s: int = Field(default=600, ge=60, le=3600)


class Contact(_Strict):
    """``[[contact]]``: whom to call; printed in reports. Never on the board."""

    name: Name
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{3,19}$")]
    role: Name


class SiteFile(_Strict):
    """A whole site file. Counts are limited so that a mask is a small integer on the board (limits.py): a shed with more outlets needs
    a second board with this version."""

    site: Site
    safety: Safety
    group: Annotated[list[Group], Field(min_length=1, max_length=limits.GROUPS)]
    bus: Annotated[list[Bus], Field(min_length=1, max_length=limits.BUSES)]
    outlet: Annotated[list[Outlet], Field(min_length=1, max_length=limits.OUTLETS)]
    point: Annotated[list[Point], Field(max_length=limits.POINTS)] = []
    cause: Annotated[list[Cause], Field(max_length=limits.CAUSES)] = []
    gate: Annotated[list[Gate], Field(max_length=limits.GATES)] = []
    reader: Annotated[list[Reader], Field(max_length=limits.READERS)] = []
    tariff: Tariff
    charging: Charging = Charging()
    contact: Annotated[list[Contact], Field(max_length=limits.CONTACTS)] = []
