// Inputs from the plant: a queue ordered by (time, arrival), until the board's own clock gets there (apply.c).

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "inputs.h"
#include "persist.h"

uint64_t inputs_next = BOARD_NEVER;
static input_t *head;

static void head_changed(void) {
    inputs_next = head == NULL ? BOARD_NEVER : head->due;
}

void inputs_insert(input_t *item) {
    input_t **p = &head;
    while (*p != NULL && ((*p)->due < item->due || ((*p)->due == item->due && (*p)->order < item->order))) {
        p = &(*p)->next;
    }
    item->next = *p;
    *p = item;
    head_changed();
}

void inputs_queue(uint8_t type, uint8_t arg, uint64_t at, uint64_t due, const uint8_t *payload, size_t len) {
    input_t *item = malloc(sizeof(input_t) + len);
    if (item == NULL) {
        abort();
    }
    item->at = at;
    item->due = due;
    item->order = P.arrivals++;
    item->len = (uint32_t)len;
    item->done = 0;
    item->type = type;
    item->arg = arg;
    memcpy(item->data, payload, len);
    inputs_insert(item);
}

input_t *inputs_take(void) {
    input_t *item = head;
    head = item->next;
    head_changed();
    return item;
}

void inputs_save(int fd) {
    for (input_t *i = head; i != NULL; i = i->next) {
        if (write(fd, i, sizeof(*i)) != (ssize_t)sizeof(*i) || write(fd, i->data, i->len) != (ssize_t)i->len) {
            abort();
        }
    }
}

void inputs_load(int fd) {
    input_t h;
    input_t **tail = &head;
    while (read(fd, &h, sizeof(h)) == (ssize_t)sizeof(h)) {
        input_t *item = malloc(sizeof(h) + h.len);
        if (item == NULL || read(fd, memcpy(item, &h, sizeof(h)) == item ? item->data : NULL, h.len) != (ssize_t)h.len) {
            abort();
        }
        item->next = NULL;
        *tail = item;
        tail = &item->next;
    }
    head_changed();
}
