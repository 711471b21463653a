// The pages under the key-value store: 126 entries of 32 bytes each, found, written and struck out one by one.
#ifndef INCLUDED_NVS_PAGES_H
#define INCLUDED_NVS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRIES         (126)
#define ENTRY           (32)
#define BITMAP          (32)
#define FIRST           (64)
#define KEY_MAX         (15)
#define VERSION_2       (0xfe)
#define ANY_CHUNK       (0xff)
#define MAX_NAMESPACE   (254)

enum { PAGE_BLANK = 0xffffffff, PAGE_ACTIVE = 0xfffffffe, PAGE_FULL = 0xfffffffc, PAGE_FREEING = 0xfffffff8 };
enum { SLOT_ERASED = 0, SLOT_WRITTEN = 2, SLOT_EMPTY = 3 };
enum { TYPE_U8 = 0x01, TYPE_I32 = 0x14, TYPE_BLOB = 0x42, TYPE_BLOB_INDEX = 0x48 };

typedef struct __attribute__((packed)) {
    uint32_t state, sequence;
    uint8_t version, unused[19];
    uint32_t crc;
} page_head_t;

typedef struct __attribute__((packed)) {
    uint8_t namespace, type, span, chunk;
    uint32_t crc;
    char key[16];
    union {
        uint8_t raw[8];
        int32_t i32;
        struct __attribute__((packed)) {
            uint16_t size, reserved;
            uint32_t crc;
        } blob;
        struct __attribute__((packed)) {
            uint32_t size;
            uint8_t chunks, first_chunk;
            uint16_t reserved;
        } index;
    };
} item_t;

typedef struct {
    unsigned int page, slot;
} place_t;

extern uint32_t nvs_n_pages;
extern uint32_t nvs_base;               // flash offset of the partition

uint32_t nvs_crc32(const void *data, size_t len, uint32_t seed);
uint32_t nvs_item_crc(const item_t *it);
const page_head_t *nvs_head(unsigned int page);
bool nvs_page_is_valid(unsigned int page);
bool nvs_page_is_blank(unsigned int page);
bool nvs_is_blank(const uint8_t *p, size_t len);
void nvs_start_page(unsigned int page);
void nvs_finish_freeing(unsigned int page);
unsigned int nvs_slot_state(unsigned int page, unsigned int slot);
void nvs_set_slots(unsigned int page, unsigned int slot, unsigned int n, unsigned int state);
const item_t *nvs_item(unsigned int page, unsigned int slot);
bool nvs_same_key(const item_t *a, const item_t *b);
bool nvs_next_item(place_t *at);
void nvs_step_over(place_t *at);
const item_t *nvs_find(uint8_t namespace, uint8_t type, uint8_t chunk, const char *key, place_t *where);
void nvs_erase_item(place_t at);
int nvs_active_page(void);
unsigned int nvs_used_slots(unsigned int page);
int nvs_put(item_t *it, const void *data, size_t len);

#endif // INCLUDED_NVS_PAGES_H
