// MicroPython configuration of the emulated ESP32: what the ESP32 port sets, as far as Python code can tell.

#include <alloca.h>
#include <stdint.h>
#include <sys/types.h>

#define MICROPY_CONFIG_ROM_LEVEL            (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// Memory: 56 KB that grow by themselves, as ports/esp32 does; see memory.c for the arena.
#define MICROPY_ENABLE_GC                   (1)
#define MICROPY_GC_INITIAL_HEAP_SIZE        (56 * 1024)
#define MICROPY_GC_SPLIT_HEAP               (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO          (1)
#define MICROPY_ALLOC_PATH_MAX              (128)
#define MICROPY_STACK_CHECK                 (1)
#define MICROPY_STACK_CHECK_MARGIN          (1024)
#define MP_PLAT_ALLOC_HEAP(size)            board_heap_alloc(size)
#define MP_PLAT_FREE_HEAP(ptr)              board_heap_free(ptr)

// Language and core
#define MICROPY_PERSISTENT_CODE_LOAD        (1)
#define MICROPY_OPT_COMPUTED_GOTO           (1)
#define MICROPY_READER_VFS                  (1)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_LONGINT_IMPL                (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_ERROR_REPORTING             (MICROPY_ERROR_REPORTING_NORMAL)
#define MICROPY_WARNINGS                    (1)
#define MICROPY_FLOAT_IMPL                  (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_STREAMS_POSIX_API           (1)
#define MICROPY_USE_INTERNAL_PRINTF         (0)
#define MICROPY_USE_INTERNAL_ERRNO          (0)
#define MICROPY_SCHEDULER_DEPTH             (8)
// Not on the ESP32; used only by the debug probe, which must not take a place in the queue of 8.
#define MICROPY_SCHEDULER_STATIC_NODES      (1)
#define MICROPY_KBD_EXCEPTION               (1)
#define MICROPY_VFS                         (1)
#define MICROPY_PY_STR_BYTES_CMP_WARN       (1)
#define MICROPY_PY_ALL_INPLACE_SPECIAL_METHODS (1)
#define MICROPY_PY_BUILTINS_HELP_TEXT       board_help_text
#define MICROPY_PY_IO_BUFFEREDWRITER        (1)

// time, os, random, hashlib
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS        (1)
#define MICROPY_PY_TIME_INCLUDEFILE         "modtime_port.c"
#define MICROPY_PY_OS_INCLUDEFILE           "modos_port.c"
#define MICROPY_PY_OS_SYNC                  (1)
#define MICROPY_PY_OS_DUPTERM               (1)
#define MICROPY_PY_OS_DUPTERM_NOTIFY        (1)
#define MICROPY_PY_OS_UNAME                 (1)
#define MICROPY_PY_OS_URANDOM               (1)
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC    (rng_32())
#define MICROPY_PY_HASHLIB                  (1)
#define MICROPY_PY_HASHLIB_SHA256           (1)
#define MICROPY_PY_HASHLIB_MD5              (1)
#define MICROPY_PY_HASHLIB_SHA1             (1)
// modhashlib.c takes both from a TLS library; this port's have that one's name (lib/axtls/crypto/crypto.h), there is no TLS.
#define MICROPY_SSL_AXTLS                   (1)
#define MICROPY_PY_BINASCII_CRC32           (1)
#define MICROPY_PY_WEBSOCKET                (1)

// FAT, for cards and partitions that a PC can read
#define MICROPY_FATFS_ENABLE_LFN            (1)
#define MICROPY_FATFS_RPATH                 (2)
#define MICROPY_FATFS_MAX_SS                (4096)
#define MICROPY_FATFS_LFN_CODE_PAGE         437

// machine
#define MICROPY_PY_MACHINE                  (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE      "modmachine_port.c"
#define MICROPY_PY_MACHINE_RESET            (1)
#define MICROPY_PY_MACHINE_BARE_METAL_FUNCS (1)
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (1)
#define MICROPY_PY_MACHINE_PIN_MAKE_NEW     mp_pin_make_new
#define MICROPY_PY_MACHINE_PWM              (1)
#define MICROPY_PY_MACHINE_PWM_DUTY         (1)
#define MICROPY_PY_MACHINE_PWM_INCLUDEFILE  "machine_pwm_port.c"
#define MICROPY_PY_MACHINE_PULSE            (1)
#define MICROPY_PY_MACHINE_SIGNAL           (1)
#define MICROPY_PY_MACHINE_ADC              (1)
#define MICROPY_PY_MACHINE_ADC_INCLUDEFILE  "machine_adc_port.c"
#define MICROPY_PY_MACHINE_ADC_ATTEN_WIDTH  (1)
#define MICROPY_PY_MACHINE_ADC_BLOCK        (1)
#define MICROPY_PY_MACHINE_ADC_BLOCK_INCLUDEFILE "machine_adc_block_port.c"
#define MICROPY_PY_MACHINE_ADC_INIT         (1)
#define MICROPY_PY_MACHINE_ADC_READ         (1)
#define MICROPY_PY_MACHINE_ADC_READ_UV      (1)
#define MICROPY_PY_MACHINE_I2C              (1)
#define MICROPY_PY_MACHINE_SPI              (1)
#define MICROPY_PY_MACHINE_SOFTI2C          (1)
#define MICROPY_PY_MACHINE_SOFTSPI          (1)
#define MICROPY_PY_MACHINE_I2C_TRANSFER_WRITE1 (1)
#define MICROPY_HW_SOFTSPI_MIN_DELAY        (0)
#define MICROPY_HW_SOFTSPI_MAX_BAUDRATE     (240000000 / 200)
#define MICROPY_PY_MACHINE_UART             (1)
#define MICROPY_PY_MACHINE_UART_INCLUDEFILE "machine_uart_port.c"
#define MICROPY_PY_MACHINE_UART_SENDBREAK   (1)
#define MICROPY_PY_MACHINE_UART_IRQ         (1)
#define MICROPY_PY_MACHINE_WDT              (1)
#define MICROPY_PY_MACHINE_WDT_INCLUDEFILE  "machine_wdt_port.c"

// Identity
#define MICROPY_PY_SYS_PLATFORM             "esp32"
#define MICROPY_HW_BOARD_NAME               "Emulated ESP32 module"
#define MICROPY_HW_MCU_NAME                 "ESP32"

#define MP_SSIZE_MAX                        (0x7fffffff)
#define MP_STATE_PORT                       MP_STATE_VM
typedef int32_t mp_int_t;
typedef uint32_t mp_uint_t;
typedef long mp_off_t;
#define UINT_FMT "%u"
#define INT_FMT "%d"

// Virtual time: each opcode takes its price off the budget (vm_cost.c); interrupts arrive at VM hooks when it is used up.
extern int32_t mp_cost_budget;
extern const uint16_t mp_opcode_cost[256];
void vtime_sync(void);
#include "costs.h"
#define MICROPY_VM_HOOK_INIT mp_cost_budget -= COST_FRAME;
#define MICROPY_VM_HOOK_LOOP \
    if (__builtin_expect(mp_cost_budget <= 0, 0)) { \
        vtime_sync(); \
    }

// Interrupt masking is machine.disable_irq() and the scheduler's critical sections.
unsigned int irq_mask(void);
void irq_restore(unsigned int state);
#define MICROPY_BEGIN_ATOMIC_SECTION()      irq_mask()
#define MICROPY_END_ATOMIC_SECTION(state)   irq_restore(state)

// The single idle point.
#define MICROPY_INTERNAL_WFE(timeout_ms)    vtime_wfe(timeout_ms)
void vtime_wfe(int32_t timeout_ms);

void *board_heap_alloc(size_t size);
void board_heap_free(void *ptr);
uint32_t rng_32(void);
