// The watchdog: started and fed by machine.WDT, alive over a soft reset.
#ifndef INCLUDED_WATCHDOG_H
#define INCLUDED_WATCHDOG_H

#include <stdint.h>

#include "devices.h"

void watchdog_start(uint64_t timeout_ns);
void watchdog_feed(void);

extern const device_t watchdog_device;

#endif // INCLUDED_WATCHDOG_H
