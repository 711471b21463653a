"""The simulated shed: physics only, no firmware, virtual time in integer nanoseconds.

world.py, units.py, waveform.py   time, seeded chance, signals (VCD) and events
port.py                           the board's terminals; rig.py: hands on them instead of a board
sitefile.py, shed.py              a plant from a site file and its board file
mains.py, heartbeat.py, contacts.py, outlets.py     the way of the current, and the auditor's truth about it
packs.py, chargers.py, loads.py   what is plugged in
meters.py, rs485.py               PZEM-016 behind pymodbus on a bus model
detectors.py, hands.py, gate.py   loops, dry contacts, call point, key, buttons, door
readers.py, pn532.py, pn532_frames.py, people.py    readers, cards and bikes
expanders.py, expander_parts.py   relays and contacts on I2C and shift registers
"""
