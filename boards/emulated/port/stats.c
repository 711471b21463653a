// Counters of the board, as one JSON object in a STATS record.

#include <stdio.h>

#include "py/gc.h"
#include "py/mpstate.h"
#include "board.h"
#include "devices.h"
#include "link.h"
#include "persist.h"
#include "stats.h"
#include "vtime.h"

void stats_emit(void) {
    gc_info_t info = { 0 };
    if (devices_cpu_runs) {
        gc_info(&info);
    }
    uint32_t wear = 0;
    for (unsigned int i = 0; i < FLASH_MAX_SECTORS; i++) {
        wear = P.wear[i] > wear ? P.wear[i] : wear;
    }
    const stats_t *s = &P.stats;
    char text[1024];
    int n = snprintf(text, sizeof(text),
        "{\"now_ns\": %llu, \"cpu_busy_ns\": %llu, \"cpu_mhz\": %u, \"running\": %s, \"resets\": %u, \"packets\": %llu, "
        "\"heap_used\": %u, \"heap_free\": %u, \"heap_total\": %u, \"heap_max_free_block\": %u, \"gc_runs\": %llu, "
        "\"timer_fires\": %llu, \"timer_drops\": %llu, \"irqs\": %llu, \"irq_drops\": %llu, "
        "\"flash_programs\": %llu, \"flash_erases\": %llu, \"flash_max_wear\": %u, \"flash_failures\": %llu, \"nor_violations\": %llu, "
        "\"uart_tx_bytes\": %llu, \"uart_rx_bytes\": %llu, \"uart_rx_lost\": %llu, \"notes_dropped\": %llu}",
        P.now, s->cpu_busy_ns, (unsigned int)vtime_mhz, devices_cpu_runs ? "true" : "false", (unsigned int)s->resets, s->packets,
        (unsigned int)info.used, (unsigned int)info.free, (unsigned int)info.total, (unsigned int)(info.max_free * MICROPY_BYTES_PER_GC_BLOCK), s->gc_runs,
        s->timer_fires, s->timer_drops, s->irqs, s->irq_drops,
        s->flash_programs, s->flash_erases, (unsigned int)wear, s->flash_failures, s->nor_violations,
        s->uart_tx_bytes, s->uart_rx_bytes, s->uart_rx_lost, s->notes_dropped);
    link_emit(REC_STATS, 0, P.now, text, (size_t)n);
}
