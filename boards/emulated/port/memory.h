// Heap and stack of the board.
#ifndef INCLUDED_MEMORY_H
#define INCLUDED_MEMORY_H

#include <stdint.h>

extern char *memory_stack_top;

void memory_init(void);
void memory_run_on_stack(void (*entry)(void));
void *memory_heap(void);
uint32_t memory_arena_size(void);
uint32_t memory_arena_left(void);

#endif // INCLUDED_MEMORY_H
