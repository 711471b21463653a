// What loading a module from the file system costs: a price for each byte that the loader or the compiler takes from a file.
//
// It is all C: no callback runs between the first byte and the last, so a module loaded in service is a gap in the heartbeat.

#include <string.h>

#include "py/mpstate.h"
#include "py/reader.h"
#include "py/runtime.h"
#include "costs.h"
#include "reader_cost.h"
#include "vtime.h"

#define FILES (4)           // taken in turn: a module runs after its file is closed, so more than one is hardly ever open

void __real_mp_reader_new_file(mp_reader_t *reader, qstr filename);
void __wrap_mp_reader_new_file(mp_reader_t *reader, qstr filename);

static mp_reader_t files[FILES];
static unsigned int next_file;

// The readers' data is on the heap, and nothing else refers to it.
MP_REGISTER_ROOT_POINTER(void *priced_files[4]);

static mp_uint_t read_byte(void *data) {
    mp_reader_t *file = data;
    vtime_charge(COST_LOAD_BYTE);
    return file->readbyte(file->data);
}

static void close_file(void *data) {
    mp_reader_t *file = data;
    MP_STATE_PORT(priced_files)[file - files] = NULL;
    file->close(file->data);
}

void __wrap_mp_reader_new_file(mp_reader_t *reader, qstr filename) {
    __real_mp_reader_new_file(reader, filename);
    unsigned int i = next_file++ % FILES;
    files[i] = *reader;
    MP_STATE_PORT(priced_files)[i] = reader->data;
    *reader = (mp_reader_t) { .data = &files[i], .readbyte = read_byte, .close = close_file };
}

// A soft reset: the heap goes.
void reader_cost_forget(void) {
    memset(MP_STATE_PORT(priced_files), 0, sizeof(MP_STATE_PORT(priced_files)));
}
