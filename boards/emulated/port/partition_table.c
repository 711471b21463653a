// The partition table: read from the flash image at 0x8000, as the bootloader reads it.

#include <string.h>

#include "flash_file.h"
#include "partition_table.h"

#define TABLE_OFFSET        (0x8000)
#define TABLE_ENTRIES       (95)
#define ENTRY_MAGIC         (0x50aa)

const partition_entry_t *partition_table_next(unsigned int *index, int type, int subtype, const char *label) {
    if (flash_size < TABLE_OFFSET + FLASH_SECTOR) {
        return NULL;
    }
    const partition_entry_t *table = (const partition_entry_t *)(flash_memory + TABLE_OFFSET);
    for (; *index < TABLE_ENTRIES && table[*index].magic == ENTRY_MAGIC; (*index)++) {
        const partition_entry_t *e = &table[*index];
        if (e->type == type && (subtype == PARTITION_SUBTYPE_ANY || e->subtype == subtype) && (label == NULL || strncmp(e->label, label, 16) == 0)
            && e->address <= flash_size && e->size <= flash_size - e->address) {
            (*index)++;
            return e;
        }
    }
    return NULL;
}

const partition_entry_t *partition_table_first(int type, const char *label) {
    unsigned int index = 0;
    return partition_table_next(&index, type, PARTITION_SUBTYPE_ANY, label);
}

// For C code: where a partition lies.
bool partition_table_locate(uint8_t type, uint8_t subtype, const char *label, uint32_t *address, uint32_t *size) {
    unsigned int index = 0;
    const partition_entry_t *e = partition_table_next(&index, type, subtype, label);
    if (e != NULL) {
        *address = e->address;
        *size = e->size;
    }
    return e != NULL;
}
