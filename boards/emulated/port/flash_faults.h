// What can go wrong at a flash operation: flash.c asks at each one.
#ifndef INCLUDED_FLASH_FAULTS_H
#define INCLUDED_FLASH_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

// The first two are the numbers of a FLASH record, all three the bits of a fault's kinds (docs/protocols/link.md).
typedef enum { FLASH_PROGRAM = 1, FLASH_ERASE = 2, FLASH_READ = 4 } flash_kind_t;
typedef enum { FLASH_WORKS, FLASH_FAILS_BEFORE, FLASH_FAILS_DONE } flash_failure_t;

bool flash_cut_here(void);
void flash_fails_arm(int64_t countdown, int64_t flags, uint32_t first, uint32_t end);
void flash_fails_sector(int64_t sector, int64_t flags);
flash_failure_t flash_failure(flash_kind_t kind, uint32_t offset, uint32_t len);
void flash_raise(flash_kind_t kind, uint32_t offset);

#endif // INCLUDED_FLASH_FAULTS_H
