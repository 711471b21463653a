// Power, resets and the way from there to MicroPython.
#ifndef INCLUDED_CHIP_H
#define INCLUDED_CHIP_H

#include <stdint.h>

#include "board.h"

// Causes of a reset, as in docs/protocols/link.md (and as machine.reset_cause() numbers them).
enum { CAUSE_POWER_ON = 1, CAUSE_HARD, CAUSE_WDT, CAUSE_DEEPSLEEP, CAUSE_SOFT };

BOARD_NORETURN void chip_reset(uint8_t cause);
BOARD_NORETURN void chip_power_off(void);
BOARD_NORETURN void chip_halt(void);
void chip_boot(void);

#endif // INCLUDED_CHIP_H
