// The table of devices that do something by themselves, in the order in which they are fired at one nanosecond.

#include <stdlib.h>

#include "board.h"
#include "devices.h"
#include "persist.h"

#define MAX_DEVICES (8)

bool devices_cpu_runs;

static device_t devices[MAX_DEVICES];
static unsigned int n_devices;

void devices_register(const device_t *device) {
    if (n_devices == MAX_DEVICES) {
        abort();
    }
    devices[n_devices++] = *device;
}

static bool is_awake(const device_t *device) {
    return devices_cpu_runs || !device->needs_cpu;
}

uint64_t devices_next(void) {
    uint64_t t = BOARD_NEVER;
    for (unsigned int i = 0; i < n_devices; i++) {
        if (is_awake(&devices[i])) {
            uint64_t next = devices[i].next();
            t = next < t ? next : t;
        }
    }
    return t;
}

void devices_fire_one(void) {
    for (unsigned int i = 0; i < n_devices; i++) {
        if (is_awake(&devices[i]) && devices[i].next() <= P.now) {
            devices[i].fire();
            return;
        }
    }
}
