// Flash that goes wrong: power cut at the nth operation, operations that return an error, sectors that are worn out.
//
// An error leaves the flash as it was, or as the operation made it: a driver that reports a time-out has written all the same.

#include "py/runtime.h"
#include "board.h"
#include "esp_err.h"
#include "flash_faults.h"
#include "flash_file.h"
#include "link.h"
#include "persist.h"

#define FAIL_DONE       (8)             // in the flags: the operation succeeds, and the error comes afterwards
#define FAIL_KINDS      (7)

// Counts a program or erase; true when the power is cut at this one.
bool flash_cut_here(void) {
    if (P.cut_countdown < 0) {
        return false;
    }
    if (--P.cut_countdown > 0) {
        return false;
    }
    P.cut_countdown = -1;       // once: the next life has its power
    return true;
}

// Operation number `countdown` that touches [first, end) fails, and those after it until `times` have (0: for ever). countdown 0: none.
void flash_fails_arm(int64_t countdown, int64_t flags, uint32_t first, uint32_t end) {
    P.fail_countdown = countdown > 0 ? (uint64_t)countdown : 0;
    P.fail_flags = (uint8_t)flags;
    P.fail_times = (uint32_t)(flags >> 8 & 0xffffff);
    P.fail_first = first;
    P.fail_end = end != 0 ? end : UINT32_MAX;
}

// A sector in which the operations of these kinds fail until it is set again. flags 0: sound.
void flash_fails_sector(int64_t sector, int64_t flags) {
    if (sector >= 0 && sector < FLASH_MAX_SECTORS) {
        P.bad_sector[sector] = (uint8_t)flags;
    }
}

static flash_failure_t manner(uint8_t flags) {
    return flags & FAIL_DONE ? FLASH_FAILS_DONE : FLASH_FAILS_BEFORE;
}

static flash_failure_t worn_out(flash_kind_t kind, uint32_t offset, uint32_t len) {
    for (uint32_t s = offset / FLASH_SECTOR; len != 0 && s <= (offset + len - 1) / FLASH_SECTOR; s++) {
        if (P.bad_sector[s] & kind & FAIL_KINDS) {
            return manner(P.bad_sector[s]);
        }
    }
    return FLASH_WORKS;
}

// Counts an operation; returns what happens to it.
flash_failure_t flash_failure(flash_kind_t kind, uint32_t offset, uint32_t len) {
    if (P.fail_countdown != 0 && P.fail_flags & kind && offset < P.fail_end && offset + len > P.fail_first) {
        if (P.fail_countdown > 1) {
            P.fail_countdown--;
        } else {
            if (P.fail_times != 0 && --P.fail_times == 0) {
                P.fail_countdown = 0;
            }
            return manner(P.fail_flags);
        }
    }
    return worn_out(kind, offset, len);
}

void flash_raise(flash_kind_t kind, uint32_t offset) {
    static const char *const names[] = { [FLASH_PROGRAM] = "program", [FLASH_ERASE] = "erase", [FLASH_READ] = "read" };
    P.stats.flash_failures++;
    link_note(NOTE_INFO, "flash: %s at 0x%x returns an error", names[kind], (unsigned int)offset);
    esp_err_raise(ESP_ERR_FLASH_OP_FAIL);
}
