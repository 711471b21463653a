"""Everything with a pin, as `shed.boot.wiring` built it from the configuration image.

Hazard: a question about a pin that is not there. For hardware that the board lacks an attribute is empty, None or -1, never missing.
"""


class Wired:
    """`complete` comes last."""

    def __init__(self):
        self.site_id = 0
        self.hold_off_ms = 10000
        self.scan_period_ms = 5
        self.blind_grace_min = 10
        self.zones = b""  # of points, 0 none; empty: none has one
        self.numbers = []  # outlet index -> outlet number
        self.outlets = []  # (number, group, meter index, max power W)
        self.groups = 0  # how many
        self.buttons = []  # callable or None per outlet
        self.hints = []  # (point index, pin)
        self.key_switch = -1  # point index
        self.door_contacts = []  # (callable, closed level) or None per gate
        self.gates = []  # (release s, held open s)

    def complete(self, buses, points, matrix, outputs, scan, protected):
        """The objects of the safety room. buses: board.expanders.Buses or None. protected: there is a heartbeat circuit."""
        self.buses = buses
        self.points = points
        self.matrix = matrix
        self.outputs = outputs
        self.scan = scan
        self.protected = protected
