# Runs the shed. boot.py ran before, in this namespace: outputs are safe, `wdt` is armed unless `maintenance` was asked for.
if not globals().get("maintenance"):
    import shed.app

    shed.app.run(globals().get("wdt"))
