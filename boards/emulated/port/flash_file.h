// The bytes of the flash, as the file behind it holds them: for reading where no time passes.
#ifndef INCLUDED_FLASH_FILE_H
#define INCLUDED_FLASH_FILE_H

#include <stdint.h>

#define FLASH_SECTOR        (4096)
#define FLASH_PAGE          (256)

extern uint8_t *flash_memory;
extern uint32_t flash_size;

void flash_file_open(const char *path);
void flash_file_copy_to(const char *path);

#endif // INCLUDED_FLASH_FILE_H
