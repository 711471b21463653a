// The debug probe: source from the plant, run between two bytecodes in __main__, at no cost in virtual time.
// It allocates on the board's heap like any code: probes are for reading a few values.

#include <stdlib.h>
#include <string.h>

#include "py/compile.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "link.h"
#include "persist.h"
#include "probe.h"
#include "vtime.h"

#define CAPTURE_MAX (60 * 1024)

static mp_sched_node_t node;
static char *source;
static size_t source_len;
static char *captured;
static size_t captured_len;
static bool capturing;

// Standard output goes here while a probe runs.
bool probe_capture(const char *str, size_t len) {
    if (!capturing) {
        return false;
    }
    if (len > CAPTURE_MAX - captured_len) {
        len = CAPTURE_MAX - captured_len;
    }
    memcpy(captured + captured_len, str, len);
    captured_len += len;
    return true;
}

static void probe_run(mp_sched_node_t *unused) {
    if (captured == NULL) {
        captured = malloc(CAPTURE_MAX);
    }
    vtime_freeze();
    captured_len = 0;
    capturing = true;
    uint8_t raised = 0;
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_dict_t *globals = &MP_STATE_VM(dict_main);
        mp_obj_dict_t *old_globals = mp_globals_get();
        mp_obj_dict_t *old_locals = mp_locals_get();
        nlr_jump_callback_node_globals_locals_t restore;
        restore.globals = old_globals;
        restore.locals = old_locals;
        nlr_push_jump_callback(&restore.callback, mp_globals_locals_set_from_nlr_jump_callback);
        mp_globals_set(globals);
        mp_locals_set(globals);
        mp_lexer_t *lex = mp_lexer_new_from_str_len(MP_QSTR_probe, source, source_len, 0);
        mp_parse_compile_execute(lex, MP_PARSE_FILE_INPUT, globals, globals);
        nlr_pop_jump_callback(true);
        nlr_pop();
    } else {
        raised = 1;
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    capturing = false;
    vtime_thaw();
    link_emit(REC_PROBE, raised, P.now, captured, captured_len);
    free(source);
    source = NULL;
    P.horizon = P.now;
    vtime_sync();
}

void probe_schedule(const uint8_t *text, size_t len) {
    if (source != NULL) {
        link_note(NOTE_WARNING, "probe: the one before has not run yet");
        return;
    }
    source = malloc(len + 1);
    memcpy(source, text, len);
    source_len = len;
    mp_sched_schedule_node(&node, probe_run);
    vtime_wake();
}
