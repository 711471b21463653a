// What everything costs. Cycles are CPU cycles (they scale with machine.freq), nanoseconds do not scale.
// Sources: [cal] calibrated so that pystone makes about 1000 loops/s at 240 MHz; [est] estimated from the code path on
// Xtensa, not measured on silicon; [ds] data sheet; [ref] project reference or DESIGN.md.
#ifndef INCLUDED_COSTS_H
#define INCLUDED_COSTS_H

// Entering or resuming a bytecode frame (a call of a Python function, a generator), in cycles
#define COST_FRAME          (1200)      // [cal] with the opcode prices in costs.c

// C calls made by Python, beyond the opcode that calls, in cycles
#define COST_TICKS          (120)       // [est] esp_timer_get_time() and a 64-bit division
#define COST_DELAY          (300)       // [est] entry and exit of mp_hal_delay_*
#define COST_EVENT_POLL     (1500)      // [est] one turn of the poll hook with a task switch to idle and back
#define COST_IDLE           (700)       // [est] taskYIELD with nobody else ready
#define COST_PIN_READ       (60)        // [est] gpio_get_level through the IDF
#define COST_PIN_WRITE      (80)        // [est] gpio_set_level through the IDF
#define COST_PIN_INIT       (3000)      // [est] pad select, direction, pulls
#define COST_ISR            (900)       // [est] IDF interrupt entry, handler, mp_sched_schedule, task notification
#define COST_TIMER_INIT     (6000)      // [est] timer set-up and interrupt allocation
#define COST_WDT_FEED       (400)       // [est] esp_task_wdt_reset_user
#define COST_ADC_READ_NS    (31000)     // [ref] 31 us per adc1_get_raw, DESIGN.md section 5
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
#define COST_PRINT_OBJECT   (900)       // [est] one object becoming text: print, str, %, json.dumps
#define COST_FREQ_NS        (1000000)   // [est] frequency switch, waits an RTOS tick at worst

// Flash (SPI NOR), in nanoseconds: {typical, worst}
#define COST_FLASH_PAGE_NS(worst)   ((worst) ? 3000000 : 800000)        // [ds] GD25Q32 class page program, 0.6-0.8 ms typical, 2.4-3 ms maximum
#define COST_FLASH_ERASE_NS(worst)  ((worst) ? 300000000 : 45000000)    // [ds] GD25Q class sector erase, 45 ms typical, 300 ms maximum
#define COST_FLASH_READ_BYTE        (10)    // [est] 40 MHz DIO: about 10 MB/s with overheads, in ns a byte
#define COST_FLASH_READ_CALL        (4000)  // [est] cache and bus hand-over, in cycles

#endif // INCLUDED_COSTS_H
