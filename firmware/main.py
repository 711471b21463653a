# Runs the shed. boot.py ran before, in this namespace: outputs are safe, `wdt` is armed unless `maintenance` was asked for.
# Hazard: a prompt without a watchdog. MicroPython has enabled Ctrl-C again for this file: a pending one is raised in the loop, as in
# boot.py. However the program ends, a failed import included: outputs off, then a hard reset.
try:
    import micropython

    micropython.kbd_intr(-1)
    for _ in b"..":
        pass
except KeyboardInterrupt:
    pass
if not globals().get("maintenance"):
    try:
        import shed.app

        shed.app.run(globals().get("wdt"), globals())
    except BaseException as error:  # noqa: BLE001  after any error: outputs off, and a reset
        globals()["outputs_off"]()  # boot.py's: the shed's own modules may be missing
        import sys

        sys.print_exception(error)
    finally:
        import machine

        machine.reset()
