// The SPI NOR flash (its bytes: flash_file.c). Programming clears bits, erasing sets them; both take their time, wear, and can be cut.

#include <string.h>

#include "py/mphal.h"
#include "chip.h"
#include "costs.h"
#include "flash.h"
#include "flash_faults.h"
#include "flash_file.h"
#include "link.h"
#include "options.h"
#include "persist.h"
#include "rng.h"
#include "vtime.h"

enum { CUT_BEFORE, CUT_TORN, CUT_MID_ERASE };

static void tear(uint8_t *p, const uint8_t *target, uint32_t len) {
    // Each bit that would have changed has changed or not.
    for (uint32_t i = 0; i < len; i++) {
        p[i] ^= (uint8_t)((p[i] ^ target[i]) & (uint8_t)rng_32());
    }
}

// One page program or sector erase, which leaves `target` at `offset` unless the power goes or the chip fails.
static void operate(flash_kind_t op, uint32_t offset, const uint8_t *target, uint32_t len, uint64_t ns) {
    vtime_sync();
    if (P.trace_flash) {
        uint32_t payload[2] = { offset, len };
        link_emit(REC_FLASH, (uint8_t)op, P.now, payload, sizeof(payload));
    }
    if (flash_cut_here()) {
        if (P.cut_kind != CUT_BEFORE) {
            vtime_masked_ns(ns / 2);
            tear(flash_memory + offset, target, len);
        }
        chip_halt();
    }
    flash_failure_t failure = flash_failure(op, offset, len);
    vtime_masked_ns(ns);
    if (failure != FLASH_FAILS_BEFORE) {
        memcpy(flash_memory + offset, target, len);
    }
    if (failure != FLASH_WORKS) {
        flash_raise(op, offset);
    }
}

void flash_read(uint32_t offset, void *buf, uint32_t len) {
    vtime_charge(COST_FLASH_READ_CALL);
    flash_failure_t failure = flash_failure(FLASH_READ, offset, len);
    if (failure != FLASH_FAILS_BEFORE) {
        memcpy(buf, flash_memory + offset, len);
    }
    vtime_busy_ns((uint64_t)len * COST_FLASH_READ_BYTE);
    if (failure != FLASH_WORKS) {
        flash_raise(FLASH_READ, offset);
    }
}

void flash_program(uint32_t offset, const void *buf, uint32_t len) {
    const uint8_t *src = buf;
    uint8_t page[FLASH_PAGE];
    bool violated = false;
    while (len != 0) {
        uint32_t n = FLASH_PAGE - offset % FLASH_PAGE;
        if (n > len) {
            n = len;
        }
        for (uint32_t i = 0; i < n; i++) {
            uint8_t old = flash_memory[offset + i];
            page[i] = old & src[i];
            if (page[i] != src[i] && !violated) {
                violated = true;
                P.stats.nor_violations++;
                link_note(NOTE_VIOLATION, "flash: program at 0x%x wants bits 1 that are 0 (0x%02x over 0x%02x): erase first",
                    (unsigned int)(offset + i), src[i], old);
            }
        }
        P.stats.flash_programs++;
        // A partial page takes its share, with a floor for the command itself.
        uint64_t full = COST_FLASH_PAGE_NS(options.worst_flash);
        operate(FLASH_PROGRAM, offset, page, n, full / 4 + full * 3 / 4 * n / FLASH_PAGE);
        offset += n;
        src += n;
        len -= n;
    }
}

void flash_erase(uint32_t offset, uint32_t len) {
    static const uint8_t blank[FLASH_SECTOR] = { [0 ... FLASH_SECTOR - 1] = 0xff };
    for (; len != 0; offset += FLASH_SECTOR, len -= FLASH_SECTOR) {
        P.stats.flash_erases++;
        P.wear[offset / FLASH_SECTOR]++;
        operate(FLASH_ERASE, offset, blank, FLASH_SECTOR, COST_FLASH_ERASE_NS(options.worst_flash));
    }
}
