// The key-value store in the partition "nvs", in the ESP-IDF's own format: pages of 126 entries of 32 bytes, a bitmap of their
// states, checksums; new before old is erased, so that a power cut leaves the old value or the new one.

#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "board.h"
#include "nvs.h"

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

static uint32_t base, n_pages;      // flash offset of the partition
static bool loaded;

// (Not uzlib's, which is priced: what NVS computes is in COST_NVS_CALL.)
static uint32_t crc32(const void *data, size_t len, uint32_t seed) {
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

static const page_head_t *head(unsigned int page) {
    return (const page_head_t *)(flash_memory + base + page * FLASH_SECTOR);
}

static uint32_t slot_address(unsigned int page, unsigned int slot) {
    return base + page * FLASH_SECTOR + FIRST + slot * ENTRY;
}

static const item_t *item(unsigned int page, unsigned int slot) {
    return (const item_t *)(flash_memory + slot_address(page, slot));
}

static unsigned int slot_state(unsigned int page, unsigned int slot) {
    uint8_t byte = flash_memory[base + page * FLASH_SECTOR + BITMAP + slot / 4];
    return byte >> (slot % 4 * 2) & 3;
}

// States of a run of slots, changed word by word of the bitmap.
static void set_slots(unsigned int page, unsigned int slot, unsigned int n, unsigned int state) {
    while (n != 0) {
        uint32_t address = base + page * FLASH_SECTOR + BITMAP + slot / 16 * 4;
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

static uint32_t item_crc(const item_t *it) {
    uint32_t crc = crc32(it, 4, 0xffffffff);
    return crc32(it->key, ENTRY - 8, crc);
}

static bool page_is_valid(unsigned int page) {
    const page_head_t *h = head(page);
    bool known = h->state == PAGE_ACTIVE || h->state == PAGE_FULL || h->state == PAGE_FREEING;
    return known && h->crc == crc32(&h->sequence, 24, 0xffffffff);
}

static bool is_blank(const uint8_t *p, size_t len) {
    while (len != 0 && *p == 0xff) {
        p++;
        len--;
    }
    return len == 0;
}

static bool page_is_blank(unsigned int page) {
    return is_blank(flash_memory + base + page * FLASH_SECTOR, FLASH_SECTOR);
}

static bool same_key(const item_t *a, const item_t *b) {
    return a->namespace == b->namespace && a->type == b->type && a->chunk == b->chunk && strncmp(a->key, b->key, 16) == 0;
}

// Next live item at or after `at`; false at the end.
static bool next_item(place_t *at) {
    for (; at->page < n_pages; at->page++, at->slot = 0) {
        while (page_is_valid(at->page) && at->slot < ENTRIES) {
            if (slot_state(at->page, at->slot) == SLOT_WRITTEN) {
                return true;
            }
            at->slot++;
        }
    }
    return false;
}

static void step_over(place_t *at) {
    at->slot += item(at->page, at->slot)->span;
}

static const item_t *find(uint8_t namespace, uint8_t type, uint8_t chunk, const char *key, place_t *where) {
    place_t at = { 0, 0 };
    for (; next_item(&at); step_over(&at)) {
        const item_t *it = item(at.page, at.slot);
        if (it->namespace == namespace && it->type == type && (chunk == ANY_CHUNK || it->chunk == chunk) && strncmp(it->key, key, 16) == 0) {
            if (where != NULL) {
                *where = at;
            }
            return it;
        }
    }
    return NULL;
}

static void erase_item(place_t at) {
    set_slots(at.page, at.slot, item(at.page, at.slot)->span, SLOT_ERASED);
}

static void set_page_state(unsigned int page, uint32_t state) {
    flash_program(base + page * FLASH_SECTOR, &state, 4);
}

static int active_page(void) {
    for (unsigned int i = 0; i < n_pages; i++) {
        if (page_is_valid(i) && head(i)->state == PAGE_ACTIVE) {
            return (int)i;
        }
    }
    return -1;
}

static unsigned int used_slots(unsigned int page) {
    unsigned int n = ENTRIES;
    while (n != 0 && slot_state(page, n - 1) == SLOT_EMPTY) {
        n--;
    }
    return n;
}

static unsigned int erased_slots(unsigned int page) {
    unsigned int n = 0;
    for (unsigned int i = 0; i < ENTRIES; i++) {
        n += slot_state(page, i) == SLOT_ERASED;
    }
    return n;
}

static void start_page(unsigned int page) {
    page_head_t h;
    memset(&h, 0xff, sizeof(h));
    h.sequence = 0;
    for (unsigned int i = 0; i < n_pages; i++) {
        if (page_is_valid(i) && head(i)->sequence >= h.sequence) {
            h.sequence = head(i)->sequence + 1;
        }
    }
    h.state = PAGE_ACTIVE;
    h.version = VERSION_2;
    h.crc = crc32(&h.sequence, 24, 0xffffffff);
    flash_program(base + page * FLASH_SECTOR, &h, sizeof(h));
}

static void put_raw(unsigned int page, const uint8_t *bytes, unsigned int span) {
    unsigned int slot = used_slots(page);
    flash_program(slot_address(page, slot), bytes, span * ENTRY);
    set_slots(page, slot, span, SLOT_WRITTEN);
}

// What lives on a page that is being freed moves to the active one, unless it is there already; then the page is erased.
static void finish_freeing(unsigned int page) {
    int target = active_page();
    for (place_t at = { page, 0 }; next_item(&at) && at.page == page; step_over(&at)) {
        const item_t *it = item(at.page, at.slot);
        bool there = false;
        for (place_t other = { (unsigned int)target, 0 }; next_item(&other) && other.page == (unsigned int)target; step_over(&other)) {
            there = there || same_key(it, item(other.page, other.slot));
        }
        if (!there) {
            uint8_t copy[ENTRIES * ENTRY];
            memcpy(copy, it, it->span * ENTRY);
            put_raw((unsigned int)target, copy, it->span);
        }
    }
    flash_erase(base + page * FLASH_SECTOR, FLASH_SECTOR);
}

// A page with room for `span` slots, or -1. One blank page is always kept to free another with.
static int page_with_room(unsigned int span) {
    for (unsigned int tries = 0; tries <= n_pages; tries++) {
        int active = active_page();
        if (active >= 0 && used_slots((unsigned int)active) + span <= ENTRIES) {
            return active;
        }
        if (active >= 0) {
            set_page_state((unsigned int)active, PAGE_FULL);
        }
        unsigned int blanks = 0, blank = 0, victim = 0, most = 0;
        for (unsigned int i = n_pages; i-- != 0;) {
            if (page_is_blank(i)) {
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
        start_page(blank);
        if (blanks == 1) {
            finish_freeing(victim);
        }
    }
    return -1;
}

static int put(item_t *it, const void *data, size_t len) {
    unsigned int span = 1 + (unsigned int)((len + ENTRY - 1) / ENTRY);
    int page = page_with_room(span);
    if (page < 0) {
        return NVS_NOT_ENOUGH_SPACE;
    }
    uint8_t bytes[ENTRIES * ENTRY];
    memset(bytes, 0xff, span * ENTRY);
    it->span = (uint8_t)span;
    it->crc = item_crc(it);
    memcpy(bytes, it, ENTRY);
    if (len != 0) {
        memcpy(bytes + ENTRY, data, len);
    }
    put_raw((unsigned int)page, bytes, span);
    return NVS_OK;
}

static bool item_is_whole(place_t at) {
    const item_t *it = item(at.page, at.slot);
    if (it->crc != item_crc(it) || it->span == 0 || at.slot + it->span > ENTRIES) {
        return false;
    }
    return it->type != TYPE_BLOB || (it->blob.size <= (it->span - 1) * ENTRY && crc32(it + 1, it->blob.size, 0xffffffff) == it->blob.crc);
}

// After a power cut: torn pages are erased, torn entries struck out, of two equal keys the newer stays, chunks without an index go.
static void recover(void) {
    for (unsigned int i = 0; i < n_pages; i++) {
        if (!page_is_valid(i) && !page_is_blank(i)) {
            flash_erase(base + i * FLASH_SECTOR, FLASH_SECTOR);
            continue;
        }
        for (unsigned int slot = 0; page_is_valid(i) && slot < ENTRIES;) {
            unsigned int state = slot_state(i, slot);
            bool torn = state == SLOT_EMPTY ? !is_blank((const uint8_t *)item(i, slot), ENTRY) : state == SLOT_WRITTEN ? !item_is_whole((place_t) { i, slot }) : state != SLOT_ERASED;
            if (torn) {
                set_slots(i, slot, 1, SLOT_ERASED);
            }
            slot += state == SLOT_WRITTEN && !torn ? item(i, slot)->span : 1;
        }
    }
    for (unsigned int i = 0; i < n_pages; i++) {
        if (page_is_valid(i) && head(i)->state == PAGE_FREEING) {
            if (active_page() < 0) {
                for (unsigned int b = 0; b < n_pages; b++) {
                    if (page_is_blank(b)) {
                        start_page(b);
                        break;
                    }
                }
            }
            finish_freeing(i);
        }
    }
    for (place_t a = { 0, 0 }; next_item(&a); step_over(&a)) {
        for (place_t b = { 0, 0 }; next_item(&b); step_over(&b)) {
            bool older = head(b.page)->sequence < head(a.page)->sequence || (a.page == b.page && b.slot < a.slot);
            if (older && same_key(item(a.page, a.slot), item(b.page, b.slot))) {
                erase_item(b);
            }
        }
    }
    for (place_t a = { 0, 0 }; next_item(&a); step_over(&a)) {
        const item_t *it = item(a.page, a.slot);
        if (it->type == TYPE_BLOB) {
            const item_t *index = find(it->namespace, TYPE_BLOB_INDEX, ANY_CHUNK, it->key, NULL);
            if (index == NULL || it->chunk < index->index.first_chunk || it->chunk >= index->index.first_chunk + index->index.chunks) {
                erase_item(a);
            }
        }
    }
}

static int load(void) {
    vtime_charge(COST_NVS_CALL);
    if (!loaded) {
        uint32_t size;
        if (!partition_locate(1, 2, "nvs", &base, &size) || size < 3 * FLASH_SECTOR) {
            return NVS_NOT_INITIALIZED;
        }
        n_pages = size / FLASH_SECTOR;
        recover();
        loaded = true;
    }
    return NVS_OK;
}

static int prepare(item_t *it, uint8_t namespace, uint8_t type, const char *key) {
    int err = load();
    if (err == NVS_OK && (strlen(key) > KEY_MAX || *key == 0)) {
        err = NVS_KEY_TOO_LONG;
    }
    memset(it, 0xff, sizeof(*it));
    it->namespace = namespace;
    it->type = type;
    memset(it->key, 0, sizeof(it->key));
    strncpy(it->key, key, KEY_MAX);
    return err;
}

int nvs_open(const char *name, uint8_t *namespace) {
    item_t it;
    int err = prepare(&it, 0, TYPE_U8, name);
    if (err != NVS_OK) {
        return err;
    }
    const item_t *known = find(0, TYPE_U8, ANY_CHUNK, name, NULL);
    if (known != NULL) {
        *namespace = known->raw[0];
        return NVS_OK;
    }
    bool taken[256] = { true };
    for (place_t at = { 0, 0 }; next_item(&at); step_over(&at)) {
        const item_t *other = item(at.page, at.slot);
        if (other->namespace == 0 && other->type == TYPE_U8) {
            taken[other->raw[0]] = true;
        }
    }
    unsigned int index = 1;
    while (taken[index]) {
        index++;
    }
    if (index > MAX_NAMESPACE) {
        return NVS_NOT_ENOUGH_SPACE;
    }
    it.raw[0] = (uint8_t)index;
    *namespace = (uint8_t)index;
    return put(&it, NULL, 0);
}

int nvs_set_i32(uint8_t namespace, const char *key, int32_t value) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_I32, key);
    if (err != NVS_OK) {
        return err;
    }
    const item_t *old = find(namespace, TYPE_I32, ANY_CHUNK, key, NULL);
    if (old != NULL && old->i32 == value) {
        return NVS_OK;
    }
    it.i32 = value;
    err = put(&it, NULL, 0);
    // (Freeing a page may have moved the old one; the first found is the older unless it is the new one itself.)
    place_t at = { 0, 0 };
    for (; err == NVS_OK && old != NULL && next_item(&at); step_over(&at)) {
        const item_t *found = item(at.page, at.slot);
        if (same_key(found, &it) && found->i32 != value) {
            erase_item(at);
            break;
        }
    }
    return err;
}

int nvs_get_i32(uint8_t namespace, const char *key, int32_t *value) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_I32, key);
    const item_t *found = err == NVS_OK ? find(namespace, TYPE_I32, ANY_CHUNK, key, NULL) : NULL;
    if (found != NULL) {
        *value = found->i32;
    }
    return err != NVS_OK ? err : found == NULL ? NVS_NOT_FOUND : NVS_OK;
}

static void erase_chunks(uint8_t namespace, const char *key, unsigned int first, unsigned int n) {
    for (unsigned int i = 0; i < n; i++) {
        place_t at;
        if (find(namespace, TYPE_BLOB, (uint8_t)(first + i), key, &at) != NULL) {
            erase_item(at);
        }
    }
}

int nvs_set_blob(uint8_t namespace, const char *key, const void *data, size_t len) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_BLOB, key);
    if (err != NVS_OK) {
        return err;
    }
    if (len > (n_pages - 1) * (ENTRIES - 2) * ENTRY) {
        return NVS_VALUE_TOO_LONG;
    }
    const item_t *old = find(namespace, TYPE_BLOB_INDEX, ANY_CHUNK, key, NULL);
    unsigned int old_first = old == NULL ? 0x80 : old->index.first_chunk, old_chunks = old == NULL ? 0 : old->index.chunks;
    unsigned int first = old_first ^ 0x80, chunks = 0;
    size_t done = 0;
    do {
        int active = active_page();
        unsigned int room = active < 0 ? ENTRIES : ENTRIES - used_slots((unsigned int)active);
        room = room < 3 ? ENTRIES : room;
        size_t n = len - done < (room - 1) * ENTRY ? len - done : (room - 1) * ENTRY;
        it.chunk = (uint8_t)(first + chunks);
        it.blob.size = (uint16_t)n;
        it.blob.reserved = 0xffff;
        it.blob.crc = crc32((const uint8_t *)data + done, n, 0xffffffff);
        err = put(&it, (const uint8_t *)data + done, n);
        chunks++;
        done += n;
    } while (err == NVS_OK && done < len);
    if (err == NVS_OK) {
        prepare(&it, namespace, TYPE_BLOB_INDEX, key);
        it.index.size = (uint32_t)len;
        it.index.chunks = (uint8_t)chunks;
        it.index.first_chunk = (uint8_t)first;
        err = put(&it, NULL, 0);
    }
    if (err != NVS_OK) {
        erase_chunks(namespace, key, first, chunks);
        return err;
    }
    place_t at = { 0, 0 };
    for (; old_chunks != 0 && next_item(&at); step_over(&at)) {
        const item_t *found = item(at.page, at.slot);
        if (found->namespace == namespace && found->type == TYPE_BLOB_INDEX && strncmp(found->key, key, 16) == 0 && found->index.first_chunk == old_first) {
            erase_item(at);
            break;
        }
    }
    erase_chunks(namespace, key, old_first, old_chunks);
    return NVS_OK;
}

int nvs_get_blob(uint8_t namespace, const char *key, void *data, size_t *len) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_BLOB_INDEX, key);
    if (err != NVS_OK) {
        return err;
    }
    const item_t *index = find(namespace, TYPE_BLOB_INDEX, ANY_CHUNK, key, NULL);
    if (index == NULL) {
        return NVS_NOT_FOUND;
    }
    if (index->index.size > *len) {
        return NVS_INVALID_LENGTH;
    }
    size_t done = 0;
    for (unsigned int i = 0; i < index->index.chunks; i++) {
        const item_t *chunk = find(namespace, TYPE_BLOB, (uint8_t)(index->index.first_chunk + i), key, NULL);
        if (chunk == NULL) {
            return NVS_NOT_FOUND;
        }
        flash_read((uint32_t)((const uint8_t *)(chunk + 1) - flash_memory), (uint8_t *)data + done, chunk->blob.size);
        done += chunk->blob.size;
    }
    *len = done;
    return NVS_OK;
}

int nvs_erase_key(uint8_t namespace, const char *key) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_I32, key);
    if (err != NVS_OK) {
        return err;
    }
    place_t at;
    if (find(namespace, TYPE_I32, ANY_CHUNK, key, &at) != NULL) {
        erase_item(at);
        return NVS_OK;
    }
    const item_t *index = find(namespace, TYPE_BLOB_INDEX, ANY_CHUNK, key, &at);
    if (index == NULL) {
        return NVS_NOT_FOUND;
    }
    unsigned int first = index->index.first_chunk, chunks = index->index.chunks;
    erase_item(at);
    erase_chunks(namespace, key, first, chunks);
    return NVS_OK;
}
