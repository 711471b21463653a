// The key-value store in the partition "nvs": namespaces, integers and blobs in chunks, on the pages of nvs_pages.c.

#include <stdlib.h>
#include <string.h>

#include "py/mphal.h"
#include "esp_err.h"
#include "flash.h"
#include "flash_file.h"
#include "nvs.h"
#include "nvs_pages.h"
#include "nvs_recovery.h"

static int prepare(item_t *it, uint8_t namespace, uint8_t type, const char *key) {
    int err = nvs_load();
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
    const item_t *known = nvs_find(0, TYPE_U8, ANY_CHUNK, name, NULL);
    if (known != NULL) {
        *namespace = known->raw[0];
        return NVS_OK;
    }
    bool taken[256] = { true };
    for (place_t at = { 0, 0 }; nvs_next_item(&at); nvs_step_over(&at)) {
        const item_t *other = nvs_item(at.page, at.slot);
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
    return nvs_put(&it, NULL, 0);
}

int nvs_set_i32(uint8_t namespace, const char *key, int32_t value) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_I32, key);
    if (err != NVS_OK) {
        return err;
    }
    const item_t *old = nvs_find(namespace, TYPE_I32, ANY_CHUNK, key, NULL);
    if (old != NULL && old->i32 == value) {
        return NVS_OK;
    }
    it.i32 = value;
    err = nvs_put(&it, NULL, 0);
    // (Freeing a page may have moved the old one; the first found is the older unless it is the new one itself.)
    place_t at = { 0, 0 };
    for (; err == NVS_OK && old != NULL && nvs_next_item(&at); nvs_step_over(&at)) {
        const item_t *found = nvs_item(at.page, at.slot);
        if (nvs_same_key(found, &it) && found->i32 != value) {
            nvs_erase_item(at);
            break;
        }
    }
    return err;
}

int nvs_get_i32(uint8_t namespace, const char *key, int32_t *value) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_I32, key);
    const item_t *found = err == NVS_OK ? nvs_find(namespace, TYPE_I32, ANY_CHUNK, key, NULL) : NULL;
    if (found != NULL) {
        *value = found->i32;
    }
    return err != NVS_OK ? err : found == NULL ? NVS_NOT_FOUND : NVS_OK;
}

static void erase_chunks(uint8_t namespace, const char *key, unsigned int first, unsigned int n) {
    for (unsigned int i = 0; i < n; i++) {
        place_t at;
        if (nvs_find(namespace, TYPE_BLOB, (uint8_t)(first + i), key, &at) != NULL) {
            nvs_erase_item(at);
        }
    }
}

int nvs_set_blob(uint8_t namespace, const char *key, const void *data, size_t len) {
    item_t it;
    int err = prepare(&it, namespace, TYPE_BLOB, key);
    if (err != NVS_OK) {
        return err;
    }
    if (len > (nvs_n_pages - 1) * (ENTRIES - 2) * ENTRY) {
        return NVS_VALUE_TOO_LONG;
    }
    const item_t *old = nvs_find(namespace, TYPE_BLOB_INDEX, ANY_CHUNK, key, NULL);
    unsigned int old_first = old == NULL ? 0x80 : old->index.first_chunk, old_chunks = old == NULL ? 0 : old->index.chunks;
    unsigned int first = old_first ^ 0x80, chunks = 0;
    size_t done = 0;
    do {
        int active = nvs_active_page();
        unsigned int room = active < 0 ? ENTRIES : ENTRIES - nvs_used_slots((unsigned int)active);
        room = room < 3 ? ENTRIES : room;
        size_t n = len - done < (room - 1) * ENTRY ? len - done : (room - 1) * ENTRY;
        it.chunk = (uint8_t)(first + chunks);
        it.blob.size = (uint16_t)n;
        it.blob.reserved = 0xffff;
        it.blob.crc = nvs_crc32((const uint8_t *)data + done, n, 0xffffffff);
        err = nvs_put(&it, (const uint8_t *)data + done, n);
        chunks++;
        done += n;
    } while (err == NVS_OK && done < len);
    if (err == NVS_OK) {
        prepare(&it, namespace, TYPE_BLOB_INDEX, key);
        it.index.size = (uint32_t)len;
        it.index.chunks = (uint8_t)chunks;
        it.index.first_chunk = (uint8_t)first;
        err = nvs_put(&it, NULL, 0);
    }
    if (err != NVS_OK) {
        erase_chunks(namespace, key, first, chunks);
        return err;
    }
    place_t at = { 0, 0 };
    for (; old_chunks != 0 && nvs_next_item(&at); nvs_step_over(&at)) {
        const item_t *found = nvs_item(at.page, at.slot);
        if (found->namespace == namespace && found->type == TYPE_BLOB_INDEX && strncmp(found->key, key, 16) == 0 && found->index.first_chunk == old_first) {
            nvs_erase_item(at);
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
    const item_t *index = nvs_find(namespace, TYPE_BLOB_INDEX, ANY_CHUNK, key, NULL);
    if (index == NULL) {
        return NVS_NOT_FOUND;
    }
    if (index->index.size > *len) {
        return NVS_INVALID_LENGTH;
    }
    size_t done = 0;
    for (unsigned int i = 0; i < index->index.chunks; i++) {
        const item_t *chunk = nvs_find(namespace, TYPE_BLOB, (uint8_t)(index->index.first_chunk + i), key, NULL);
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
    if (nvs_find(namespace, TYPE_I32, ANY_CHUNK, key, &at) != NULL) {
        nvs_erase_item(at);
        return NVS_OK;
    }
    const item_t *index = nvs_find(namespace, TYPE_BLOB_INDEX, ANY_CHUNK, key, &at);
    if (index == NULL) {
        return NVS_NOT_FOUND;
    }
    unsigned int first = index->index.first_chunk, chunks = index->index.chunks;
    nvs_erase_item(at);
    erase_chunks(namespace, key, first, chunks);
    return NVS_OK;
}
