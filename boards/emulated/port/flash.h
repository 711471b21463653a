// Operations of the flash, which take their time, wear and can fail.
#ifndef INCLUDED_FLASH_H
#define INCLUDED_FLASH_H

#include <stdint.h>

void flash_read(uint32_t offset, void *buf, uint32_t len);
void flash_program(uint32_t offset, const void *buf, uint32_t len);
void flash_erase(uint32_t offset, uint32_t len);

#endif // INCLUDED_FLASH_H
