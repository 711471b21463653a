// The pages under the key-value store (nvs.c), in the ESP-IDF's own format: pages of 126 entries of 32 bytes, a bitmap of their
// states, checksums; new before old is erased, so that a power cut leaves the old value or the new one.

#include <string.h>

#include "py/mphal.h"
#include "esp_err.h"
#include "flash.h"
#include "flash_file.h"
#include "nvs_pages.h"

uint32_t nvs_n_pages;
uint32_t nvs_base;               // flash offset of the partition

// (Not uzlib's, which is priced: what NVS computes is in COST_NVS_CALL.)
uint32_t nvs_crc32(const void *data, size_t len, uint32_t seed) {
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = ~seed;
    for (const uint8_t *p = data; len != 0; len--, p++) {
        crc = table[(crc ^ *p) & 15] ^ crc >> 4;
        crc = table[(crc ^ *p >> 4) & 15] ^ crc >> 4;
    }
    return ~crc;
}

const page_head_t *nvs_head(unsigned int page) {
    return (const page_head_t *)(flash_memory + nvs_base + page * FLASH_SECTOR);
}

static uint32_t slot_address(unsigned int page, unsigned int slot) {
    return nvs_base + page * FLASH_SECTOR + FIRST + slot * ENTRY;
}

const item_t *nvs_item(unsigned int page, unsigned int slot) {
    return (const item_t *)(flash_memory + slot_address(page, slot));
}

unsigned int nvs_slot_state(unsigned int page, unsigned int slot) {
    uint8_t byte = flash_memory[nvs_base + page * FLASH_SECTOR + BITMAP + slot / 4];
    return byte >> (slot % 4 * 2) & 3;
}

// States of a run of slots, changed word by word of the bitmap.
void nvs_set_slots(unsigned int page, unsigned int slot, unsigned int n, unsigned int state) {
    while (n != 0) {
        uint32_t address = nvs_base + page * FLASH_SECTOR + BITMAP + slot / 16 * 4;
        uint32_t word;
        memcpy(&word, flash_memory + address, 4);
        do {
            word &= ~(3U << (slot % 16 * 2)) | state << (slot % 16 * 2);
            slot++;
            n--;
        } while (n != 0 && slot % 16 != 0);
        flash_program(address, &word, 4);
    }
}

uint32_t nvs_item_crc(const item_t *it) {
    uint32_t crc = nvs_crc32(it, 4, 0xffffffff);
    return nvs_crc32(it->key, ENTRY - 8, crc);
}

bool nvs_page_is_valid(unsigned int page) {
    const page_head_t *h = nvs_head(page);
    bool known = h->state == PAGE_ACTIVE || h->state == PAGE_FULL || h->state == PAGE_FREEING;
    return known && h->crc == nvs_crc32(&h->sequence, 24, 0xffffffff);
}

bool nvs_is_blank(const uint8_t *p, size_t len) {
    while (len != 0 && *p == 0xff) {
        p++;
        len--;
    }
    return len == 0;
}

bool nvs_page_is_blank(unsigned int page) {
    return nvs_is_blank(flash_memory + nvs_base + page * FLASH_SECTOR, FLASH_SECTOR);
}

bool nvs_same_key(const item_t *a, const item_t *b) {
    return a->namespace == b->namespace && a->type == b->type && a->chunk == b->chunk && strncmp(a->key, b->key, 16) == 0;
}

// Next live item at or after `at`; false at the end.
bool nvs_next_item(place_t *at) {
    for (; at->page < nvs_n_pages; at->page++, at->slot = 0) {
        while (nvs_page_is_valid(at->page) && at->slot < ENTRIES) {
            if (nvs_slot_state(at->page, at->slot) == SLOT_WRITTEN) {
                return true;
            }
            at->slot++;
        }
    }
    return false;
}

void nvs_step_over(place_t *at) {
    at->slot += nvs_item(at->page, at->slot)->span;
}

const item_t *nvs_find(uint8_t namespace, uint8_t type, uint8_t chunk, const char *key, place_t *where) {
    place_t at = { 0, 0 };
    for (; nvs_next_item(&at); nvs_step_over(&at)) {
        const item_t *it = nvs_item(at.page, at.slot);
        if (it->namespace == namespace && it->type == type && (chunk == ANY_CHUNK || it->chunk == chunk) && strncmp(it->key, key, 16) == 0) {
            if (where != NULL) {
                *where = at;
            }
            return it;
        }
    }
    return NULL;
}

void nvs_erase_item(place_t at) {
    nvs_set_slots(at.page, at.slot, nvs_item(at.page, at.slot)->span, SLOT_ERASED);
}

static void set_page_state(unsigned int page, uint32_t state) {
    flash_program(nvs_base + page * FLASH_SECTOR, &state, 4);
}

int nvs_active_page(void) {
    for (unsigned int i = 0; i < nvs_n_pages; i++) {
        if (nvs_page_is_valid(i) && nvs_head(i)->state == PAGE_ACTIVE) {
            return (int)i;
        }
    }
    return -1;
}

unsigned int nvs_used_slots(unsigned int page) {
    unsigned int n = ENTRIES;
    while (n != 0 && nvs_slot_state(page, n - 1) == SLOT_EMPTY) {
        n--;
    }
    return n;
}

static unsigned int erased_slots(unsigned int page) {
    unsigned int n = 0;
    for (unsigned int i = 0; i < ENTRIES; i++) {
        n += nvs_slot_state(page, i) == SLOT_ERASED;
    }
    return n;
}

void nvs_start_page(unsigned int page) {
    page_head_t h;
    memset(&h, 0xff, sizeof(h));
    h.sequence = 0;
    for (unsigned int i = 0; i < nvs_n_pages; i++) {
        if (nvs_page_is_valid(i) && nvs_head(i)->sequence >= h.sequence) {
            h.sequence = nvs_head(i)->sequence + 1;
        }
    }
    h.state = PAGE_ACTIVE;
    h.version = VERSION_2;
    h.crc = nvs_crc32(&h.sequence, 24, 0xffffffff);
    flash_program(nvs_base + page * FLASH_SECTOR, &h, sizeof(h));
}

static void put_raw(unsigned int page, const uint8_t *bytes, unsigned int span) {
    unsigned int slot = nvs_used_slots(page);
    flash_program(slot_address(page, slot), bytes, span * ENTRY);
    nvs_set_slots(page, slot, span, SLOT_WRITTEN);
}

// What lives on a page that is being freed moves to the active one, unless it is there already; then the page is erased.
void nvs_finish_freeing(unsigned int page) {
    int target = nvs_active_page();
    for (place_t at = { page, 0 }; nvs_next_item(&at) && at.page == page; nvs_step_over(&at)) {
        const item_t *it = nvs_item(at.page, at.slot);
        bool there = false;
        for (place_t other = { (unsigned int)target, 0 }; nvs_next_item(&other) && other.page == (unsigned int)target; nvs_step_over(&other)) {
            there = there || nvs_same_key(it, nvs_item(other.page, other.slot));
        }
        if (!there) {
            uint8_t copy[ENTRIES * ENTRY];
            memcpy(copy, it, it->span * ENTRY);
            put_raw((unsigned int)target, copy, it->span);
        }
    }
    flash_erase(nvs_base + page * FLASH_SECTOR, FLASH_SECTOR);
}

// A page with room for `span` slots, or -1. One blank page is always kept to free another with.
static int page_with_room(unsigned int span) {
    for (unsigned int tries = 0; tries <= nvs_n_pages; tries++) {
        int active = nvs_active_page();
        if (active >= 0 && nvs_used_slots((unsigned int)active) + span <= ENTRIES) {
            return active;
        }
        if (active >= 0) {
            set_page_state((unsigned int)active, PAGE_FULL);
        }
        unsigned int blanks = 0, blank = 0, victim = 0, most = 0;
        for (unsigned int i = nvs_n_pages; i-- != 0;) {
            if (nvs_page_is_blank(i)) {
                blanks++;
                blank = i;
            } else if (erased_slots(i) >= most) {
                most = erased_slots(i);
                victim = i;
            }
        }
        if (blanks == 0 || (blanks == 1 && most == 0)) {
            return -1;
        }
        if (blanks == 1) {
            set_page_state(victim, PAGE_FREEING);
        }
        nvs_start_page(blank);
        if (blanks == 1) {
            nvs_finish_freeing(victim);
        }
    }
    return -1;
}

int nvs_put(item_t *it, const void *data, size_t len) {
    unsigned int span = 1 + (unsigned int)((len + ENTRY - 1) / ENTRY);
    int page = page_with_room(span);
    if (page < 0) {
        return NVS_NOT_ENOUGH_SPACE;
    }
    uint8_t bytes[ENTRIES * ENTRY];
    memset(bytes, 0xff, span * ENTRY);
    it->span = (uint8_t)span;
    it->crc = nvs_item_crc(it);
    memcpy(bytes, it, ENTRY);
    if (len != 0) {
        memcpy(bytes + ENTRY, data, len);
    }
    put_raw((unsigned int)page, bytes, span);
    return NVS_OK;
}
