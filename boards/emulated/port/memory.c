// The board's memory: heap and stack at fixed, zeroed addresses, so that every run sees the same pointers; the collector
// with its price; and allocation failures on request.

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "py/cstack.h"
#include "py/gc.h"
#include "py/mpstate.h"
#include "shared/runtime/gchelper.h"
#include "costs.h"
#include "memory.h"
#include "persist.h"
#include "vtime.h"

// 160 KB, 163 KB measured free at the prompt of a stock ESP32_GENERIC 1.26.1 (docs/domain.md) with the areas' tables.
#define ARENA_SIZE      (166 * 1024)
#define STACK_SIZE      (1024 * 1024)
#if BOARD_ASAN
// Where the sanitizer's shadow leaves room.
#define ARENA_ADDRESS   (0x50000000)
#define STACK_ADDRESS   (0x58000000)
#else
#define ARENA_ADDRESS   (0x20000000)
#define STACK_ADDRESS   (0x28000000)
#endif
#define MAX_AREAS       (16)

typedef struct {
    uint32_t offset, size;
} area_t;

char *memory_stack_top = (char *)STACK_ADDRESS + STACK_SIZE - 64;

// Allocated pieces of the arena, ordered by offset. The ESP-IDF heap under the split heap, reduced to first fit.
static area_t areas[MAX_AREAS];
static unsigned int n_areas;

#if BOARD_ASAN
// (The board is started with an empty environment; a finding ends it with a report on its standard error.)
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=0:exitcode=77:allocator_may_return_null=1";
}
#endif

static void *map_fixed(uintptr_t address, size_t size) {
    void *p = mmap((void *)address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != (void *)address) {
        fprintf(stderr, "emulated-board: address %p is taken\n", (void *)address);
        _exit(3);
    }
    return p;
}

void memory_init(void) {
    map_fixed(ARENA_ADDRESS, ARENA_SIZE);
    map_fixed(STACK_ADDRESS, STACK_SIZE);
}

// Runs the chip on its own stack; never returns.
void memory_run_on_stack(void (*entry)(void)) {
    __asm__ volatile ("movl %0, %%esp\n\txorl %%ebp, %%ebp\n\tcall *%1\n\tud2" : : "r" (memory_stack_top), "r" (entry) : "memory");
    __builtin_unreachable();
}

static uint32_t gap_after(unsigned int i) {
    uint32_t start = i == 0 ? 0 : areas[i - 1].offset + areas[i - 1].size;
    uint32_t end = i == n_areas ? ARENA_SIZE : areas[i].offset;
    return end - start;
}

void *board_heap_alloc(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (n_areas == MAX_AREAS) {
        return NULL;
    }
    for (unsigned int i = 0; i <= n_areas; i++) {
        if (gap_after(i) >= size) {
            uint32_t offset = i == 0 ? 0 : areas[i - 1].offset + areas[i - 1].size;
            memmove(&areas[i + 1], &areas[i], (n_areas - i) * sizeof(area_t));
            areas[i] = (area_t) { offset, (uint32_t)size };
            n_areas++;
            return memset((void *)(ARENA_ADDRESS + offset), 0, size);
        }
    }
    return NULL;
}

void board_heap_free(void *ptr) {
    uint32_t offset = (uint32_t)ptr - ARENA_ADDRESS;
    for (unsigned int i = 0; i < n_areas; i++) {
        if (areas[i].offset == offset) {
            memmove(&areas[i], &areas[i + 1], (n_areas - i - 1) * sizeof(area_t));
            n_areas--;
            return;
        }
    }
}

uint32_t memory_arena_size(void) {
    return ARENA_SIZE;
}

uint32_t memory_arena_left(void) {
    uint32_t left = 0;
    for (unsigned int i = 0; i <= n_areas; i++) {
        left += gap_after(i);
    }
    return left;
}

size_t gc_get_max_new_split(void) {
    uint32_t best = 0;
    if (n_areas < MAX_AREAS) {
        for (unsigned int i = 0; i <= n_areas; i++) {
            best = gap_after(i) > best ? gap_after(i) : best;
        }
    }
    return best;
}

// The initial heap, fresh after a soft reset: grown areas go back, nothing of the old program stays.
void *memory_heap(void) {
    n_areas = 0;
    void *heap = board_heap_alloc(MICROPY_GC_INITIAL_HEAP_SIZE);
    return heap;
}

static uint32_t blocks_in_use(void) {
    uint32_t blocks = 0;
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL; area = area->next) {
        blocks += area->gc_last_used_block + 1;
    }
    return blocks;
}

void gc_collect(void) {
    P.stats.gc_runs++;
    uint32_t cycles = COST_GC_BASE + COST_GC_BLOCK * blocks_in_use();
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
    vtime_charge(cycles);
    P.stats.cycles_gc += cycles;
}

void *__real_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
void *__real_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);

static bool must_fail(void) {
    if (P.alloc_failures == 0) {
        return false;
    }
    P.alloc_failures--;
    return true;
}

void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    vtime_charge(COST_ALLOC + COST_ALLOC_BLOCK * (uint32_t)(n_bytes / MICROPY_BYTES_PER_GC_BLOCK));
    return must_fail() ? NULL : __real_gc_alloc(n_bytes, alloc_flags);
}

void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move) {
    vtime_charge(COST_ALLOC + COST_ALLOC_BLOCK * (uint32_t)(n_bytes / MICROPY_BYTES_PER_GC_BLOCK));
    return must_fail() ? NULL : __real_gc_realloc(ptr, n_bytes, allow_move);
}
