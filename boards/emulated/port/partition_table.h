// Where the partitions lie.
#ifndef INCLUDED_PARTITION_TABLE_H
#define INCLUDED_PARTITION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARTITION_TYPE_APP      (0)
#define PARTITION_TYPE_DATA     (1)
#define PARTITION_SUBTYPE_ANY   (0xff)

typedef struct __attribute__((packed)) {
    uint16_t magic;
    uint8_t type, subtype;
    uint32_t address, size;
    char label[16];
    uint32_t flags;
} partition_entry_t;

// The next entry from *index on that matches, or NULL.
const partition_entry_t *partition_table_next(unsigned int *index, int type, int subtype, const char *label);
const partition_entry_t *partition_table_first(int type, const char *label);
bool partition_table_locate(uint8_t type, uint8_t subtype, const char *label, uint32_t *address, uint32_t *size);

#endif // INCLUDED_PARTITION_TABLE_H
