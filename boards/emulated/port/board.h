// Numbers that belong to every file of the emulated chip: its sizes, and units of time. The interface of each file is in its own header.
#ifndef INCLUDED_BOARD_H
#define INCLUDED_BOARD_H

#include <stdint.h>

#define BOARD_NEVER     UINT64_MAX
#define BOARD_NORETURN  __attribute__((noreturn))
#define N_GPIO          (49)              // of the larger chip (kind.h)
#define N_TIMER         (4)
#define N_UART          (3)
#define N_BUS           (8)
#define NS_PER_US       (1000ULL)
#define NS_PER_MS       (1000000ULL)
#define RTC_TICK_NS     (10 * NS_PER_MS)  // FreeRTOS tick, 100 Hz: ESP-IDF's default, ports/esp32 sets no other
#define FLASH_MAX_SECTORS (4096)          // 16 MiB

#endif // INCLUDED_BOARD_H
