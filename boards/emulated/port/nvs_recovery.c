// The pages of the key-value store when they are looked at for the first time: what a power cut left behind is put in order.

#include "costs.h"
#include "esp_err.h"
#include "flash.h"
#include "flash_file.h"
#include "nvs_pages.h"
#include "nvs_recovery.h"
#include "partition_table.h"
#include "persist.h"
#include "vtime.h"

static bool loaded;
static uint64_t failures_then;      // after an operation that returned an error the pages are looked at again, as after a cut

static bool item_is_whole(place_t at) {
    const item_t *it = nvs_item(at.page, at.slot);
    if (it->crc != nvs_item_crc(it) || it->span == 0 || at.slot + it->span > ENTRIES) {
        return false;
    }
    return it->type != TYPE_BLOB || (it->blob.size <= (it->span - 1) * ENTRY && nvs_crc32(it + 1, it->blob.size, 0xffffffff) == it->blob.crc);
}

// After a power cut: torn pages are erased, torn entries struck out, of two equal keys the newer stays, chunks without an index go.
static void recover(void) {
    for (unsigned int i = 0; i < nvs_n_pages; i++) {
        if (!nvs_page_is_valid(i) && !nvs_page_is_blank(i)) {
            flash_erase(nvs_base + i * FLASH_SECTOR, FLASH_SECTOR);
            continue;
        }
        for (unsigned int slot = 0; nvs_page_is_valid(i) && slot < ENTRIES;) {
            unsigned int state = nvs_slot_state(i, slot);
            bool torn = state == SLOT_EMPTY ? !nvs_is_blank((const uint8_t *)nvs_item(i, slot), ENTRY) : state == SLOT_WRITTEN ? !item_is_whole((place_t) { i, slot }) : state != SLOT_ERASED;
            if (torn) {
                nvs_set_slots(i, slot, 1, SLOT_ERASED);
            }
            slot += state == SLOT_WRITTEN && !torn ? nvs_item(i, slot)->span : 1;
        }
    }
    for (unsigned int i = 0; i < nvs_n_pages; i++) {
        if (nvs_page_is_valid(i) && nvs_head(i)->state == PAGE_FREEING) {
            if (nvs_active_page() < 0) {
                for (unsigned int b = 0; b < nvs_n_pages; b++) {
                    if (nvs_page_is_blank(b)) {
                        nvs_start_page(b);
                        break;
                    }
                }
            }
            nvs_finish_freeing(i);
        }
    }
    for (place_t a = { 0, 0 }; nvs_next_item(&a); nvs_step_over(&a)) {
        for (place_t b = { 0, 0 }; nvs_next_item(&b); nvs_step_over(&b)) {
            bool older = nvs_head(b.page)->sequence < nvs_head(a.page)->sequence || (a.page == b.page && b.slot < a.slot);
            if (older && nvs_same_key(nvs_item(a.page, a.slot), nvs_item(b.page, b.slot))) {
                nvs_erase_item(b);
            }
        }
    }
    for (place_t a = { 0, 0 }; nvs_next_item(&a); nvs_step_over(&a)) {
        const item_t *it = nvs_item(a.page, a.slot);
        if (it->type == TYPE_BLOB) {
            const item_t *index = nvs_find(it->namespace, TYPE_BLOB_INDEX, ANY_CHUNK, it->key, NULL);
            if (index == NULL || it->chunk < index->index.first_chunk || it->chunk >= index->index.first_chunk + index->index.chunks) {
                nvs_erase_item(a);
            }
        }
    }
}

int nvs_load(void) {
    vtime_charge(COST_NVS_CALL);
    if (!loaded || failures_then != P.stats.flash_failures) {
        uint32_t size;
        if (!partition_table_locate(1, 2, "nvs", &nvs_base, &size) || size < 3 * FLASH_SECTOR) {
            return NVS_NOT_INITIALIZED;
        }
        nvs_n_pages = size / FLASH_SECTOR;
        recover();
        loaded = true;
        failures_then = P.stats.flash_failures;
    }
    return NVS_OK;
}
