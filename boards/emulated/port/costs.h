// What everything costs: the only table. Cycles are CPU cycles (they scale with machine.freq), nanoseconds do not scale.
// Sources: [fit] fitted by hil_tests/simulator/board/calibration.py to two published figures, pystone (1000/s at 240 MHz) and 100 asyncio
// tasks (322 us at 160 MHz, peterhinch/micropython-async issue 79), as near to the first estimates as both allow;
// [est] estimated from the code path on Xtensa, not measured on silicon; [ds] data sheet; [doc] ESP-IDF's documentation;
// [img] measured on a stock image under a machine emulator, by instruction count: gaps of 34 and 58 ms for the 8.5 KB of the typed console;
// [src] the ESP32 port's source; [ref] docs/domain.md. `python -m hil_tests.simulator.board.calibration` prints how well it fits.
#ifndef INCLUDED_COSTS_H
#define INCLUDED_COSTS_H

// Opcodes by class (costs.c), in cycles
#define PRICE_MOVE          (261)       // [fit] load or store a local, a constant, a stack shuffle: inside the VM's loop
#define PRICE_NAME          (457)       // [fit] load a global or a name: one map lookup
#define PRICE_STORE_NAME    (522)       // [fit] store a global or a name
#define PRICE_ATTR          (207)       // [fit] load an attribute or a method: type dispatch and lookups, code in cached flash
#define PRICE_STORE_ATTR    (929)       // [fit] store an attribute
#define PRICE_SUBSCR        (1540)      // [fit] index a container
#define PRICE_OPERATOR      (1074)      // [fit] unary and binary operators, small integers mostly
#define PRICE_JUMP          (335)       // [fit] a taken or untaken branch
#define PRICE_ITER          (369)       // [fit] advance an iterator
#define PRICE_CALL          (273)       // [fit] argument set-up and dispatch of a call; COST_FRAME comes on top for a Python function
#define PRICE_BUILD         (740)       // [fit] build a container or a function: allocates
#define PRICE_EXCEPT        (189)       // [fit] set up or leave an exception or with block
#define PRICE_RAISE         (1078)      // [fit] raise: unwinding and traceback
#define PRICE_YIELD         (267)       // [fit] yield a value
#define PRICE_IMPORT        (13200)     // [est] import, without finding and compiling the file

// Entering or resuming a bytecode frame (a call of a Python function, a generator), in cycles
#define COST_FRAME          (592)       // [fit] on top of PRICE_CALL

// C calls made by Python, beyond the opcode that calls, in cycles
#define COST_TICKS          (120)       // [est] esp_timer_get_time() and a 64-bit division
#define COST_DELAY          (300)       // [est] entry and exit of mp_hal_delay_*
#define COST_EVENT_POLL     (1500)      // [est] one turn of the poll hook with a task switch to idle and back
#define COST_IDLE           (700)       // [est] taskYIELD with no other task ready
#define COST_PIN_READ       (60)        // [est] gpio_get_level through the IDF
#define COST_PIN_WRITE      (80)        // [est] gpio_set_level through the IDF
#define COST_PIN_INIT       (3000)      // [est] pad select, direction, pulls
#define COST_PWM            (4000)      // [est] LEDC timer and channel set-up
#define COST_ISR            (900)       // [est] IDF interrupt entry, handler, mp_sched_schedule, task notification
#define COST_TIMER_INIT     (6000)      // [est] timer set-up and interrupt allocation
#define COST_WDT_FEED       (400)       // [est] esp_task_wdt_reset_user
#define COST_ADC_READ_NS    (31000)     // [ref] 31 us per adc1_get_raw, docs/domain.md
#define COST_I2C_INIT       (30000)     // [est] driver removed and installed again
#define COST_I2C_CALL       (9000)      // [est] command list, interrupts and semaphores of the IDF's I2C driver
#define COST_I2C_BYTE       (60)        // [est] FIFO and command list, per byte
#define COST_I2C_HUNG_BYTE_NS (100 * NS_PER_MS) // [src] ports/esp32/machine_i2c.c: 100 ms for every byte and one more
#define COST_SPI_INIT       (60000)     // [est] bus and device set up
#define COST_SPI_CALL       (6700)      // [doc] ESP-IDF SPI master: 28 us per interrupt transaction with DMA at 240 MHz
#define COST_UART_CALL      (2500)      // [est] IDF UART driver: semaphores and ring buffer
#define COST_UART_BYTE      (25)        // [est] copy through the ring buffer, per byte
#define COST_STDOUT_BYTE    (30)        // [est] FIFO write, per byte
#define COST_RTC            (800)       // [est] gettimeofday and calendar
#define COST_PARTITION_CALL (3000)      // [est] esp_partition_* checks and locks
#define COST_NVS_CALL       (8000)      // [est] lock, hash list and one entry of the IDF's NVS; its flash operations cost as such
#define COST_ALLOC          (150)       // [est] gc_alloc beyond what the opcode prices include
#define COST_ALLOC_BLOCK    (4)         // [est] marking and clearing, per 16-byte block
#define COST_GC_BASE        (20000)     // [est] stack and roots
#define COST_GC_BLOCK       (64)        // [ref] per 16-byte block up to the last used one: about 1.8 ms at 240 MHz for 105 KB in use
#define COST_HASH_BYTE      (60)        // [est] software SHA-256, per byte
#define COST_CRC_BYTE       (20)        // [est] nibble table, per byte
#define COST_LOAD_BYTE      (2200)      // [img] a byte of bytecode or source taken from a file: littlefs, interning of names, allocation
#define COST_PRINT_OBJECT   (900)       // [est] one object becoming text: print, str, %, json.dumps
#define COST_FREQ_NS        (1000000)   // [est] frequency switch, waits an RTOS tick at worst

// Flash (SPI NOR), in nanoseconds: {typical, worst}
#define COST_FLASH_PAGE_NS(worst)   ((worst) ? 3000000 : 800000)        // [ds] GD25Q32 class page program, 0.6-0.8 ms typical, 2.4-3 ms maximum
#define COST_FLASH_ERASE_NS(worst)  ((worst) ? 300000000 : 45000000)    // [ds] GD25Q class sector erase, 45 ms typical, 300 ms maximum
#define COST_FLASH_READ_BYTE        (10)    // [est] 40 MHz DIO: about 10 MB/s with overheads, in ns a byte
#define COST_FLASH_READ_CALL        (4000)  // [est] cache and bus hand-over, in cycles

#endif // INCLUDED_COSTS_H
