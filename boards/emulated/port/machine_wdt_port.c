// machine.WDT, included by extmod/machine_wdt.c: one watchdog, reconfigured by every constructor, alive over soft resets.

#include "board.h"
#include "costs.h"
#include "vtime.h"
#include "watchdog.h"

typedef struct _machine_wdt_obj_t {
    mp_obj_base_t base;
} machine_wdt_obj_t;

static const machine_wdt_obj_t wdt = {{&machine_wdt_type}};

static machine_wdt_obj_t *mp_machine_wdt_make_new_instance(mp_int_t id, mp_int_t timeout_ms) {
    if (id != 0) {
        mp_raise_ValueError(NULL);
    }
    if (timeout_ms <= 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("WDT timeout too short"));
    }
    vtime_charge(COST_WDT_FEED);
    watchdog_start((uint64_t)timeout_ms * NS_PER_MS);
    return (machine_wdt_obj_t *)&wdt;
}

static void mp_machine_wdt_feed(machine_wdt_obj_t *self) {
    vtime_charge(COST_WDT_FEED);
    watchdog_feed();
}
