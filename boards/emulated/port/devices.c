// The table of devices that do something by themselves, in the order in which they are fired at one nanosecond.

#include <stdlib.h>

#include "board.h"
#include "devices.h"
#include "persist.h"

#define MAX_DEVICES (8)

bool devices_cpu_runs;

static device_t devices[MAX_DEVICES], awake[MAX_DEVICES];       // all of them, and those that do not stand still, in the same order
static unsigned int n_devices, n_awake;

static void find_awake(void) {
    n_awake = 0;
    for (unsigned int i = 0; i < n_devices; i++) {
        if (devices_cpu_runs || !devices[i].needs_cpu) {
            awake[n_awake++] = devices[i];
        }
    }
}

void devices_register(const device_t *device) {
    if (n_devices == MAX_DEVICES) {
        abort();
    }
    devices[n_devices++] = *device;
    find_awake();
}

void devices_set_cpu(bool runs) {
    devices_cpu_runs = runs;
    find_awake();
}

uint64_t devices_next(void) {
    uint64_t t = BOARD_NEVER;
    for (unsigned int i = 0; i < n_awake; i++) {
        t = *awake[i].next < t ? *awake[i].next : t;
    }
    return t;
}

void devices_fire_one(void) {
    for (unsigned int i = 0; i < n_awake; i++) {
        if (*awake[i].next <= P.now) {
            awake[i].fire();
            return;
        }
    }
}
