// machine.Timer 0..3: soft, through the scheduler's queue of 8, which overflows silently on the ESP32 (counted here).

#include "py/runtime.h"
#include "py/mphal.h"
#include "extmod/modmachine.h"
#include "board.h"
#include "costs.h"
#include "devices.h"
#include "interrupts.h"
#include "link.h"
#include "machine_timer.h"
#include "persist.h"
#include "vtime.h"

typedef struct _machine_timer_obj_t {
    mp_obj_base_t base;
    struct _machine_timer_obj_t *next;
    uint8_t id;
    bool repeat;
    uint64_t period_ns;
    mp_obj_t callback;
} machine_timer_obj_t;

typedef struct {
    bool armed, dropping;
    bool repeat;
    uint64_t period_ns, next, started;
    machine_timer_obj_t *obj;   // kept alive by the root list below
} hw_timer_t;

static hw_timer_t timers[N_TIMER];
static uint64_t earliest = BOARD_NEVER;

static void find_earliest(void) {
    earliest = BOARD_NEVER;
    for (unsigned int i = 0; i < N_TIMER; i++) {
        if (timers[i].armed && timers[i].next < earliest) {
            earliest = timers[i].next;
        }
    }
}

// The interrupt is served. One waits at most, however many periods passed: the alarm is re-armed by the handler.
void timers_deliver(unsigned int id, uint64_t due) {
    hw_timer_t *t = &timers[id];
    if (t->obj == NULL) {
        return;
    }
    vtime_charge(COST_ISR);
    P.stats.timer_fires++;
    if (mp_sched_schedule(t->obj->callback, MP_OBJ_FROM_PTR(t->obj))) {
        t->dropping = false;
    } else {
        P.stats.timer_drops++;
        if (!t->dropping) {
            t->dropping = true;
            link_note(NOTE_WARNING, "Timer(%u): queue of %d full, callback dropped", t->obj->id, MICROPY_SCHEDULER_DEPTH);
        }
    }
    if (P.late_timer_ns != 0 && t->repeat && P.now - due > P.late_timer_ns) {
        // The fault of FAULT_LATE_TIMER: the alarm was re-armed behind the counter and is not reached again.
        t->armed = false;
        find_earliest();
        link_note(NOTE_WARNING, "Timer(%u): served %u us late, stopped for ever", id, (unsigned int)((P.now - due) / NS_PER_US));
    }
    vtime_wake();
}

static void timers_fire(void) {
    for (unsigned int i = 0; i < N_TIMER; i++) {
        hw_timer_t *t = &timers[i];
        if (!t->armed || t->next > P.now) {
            continue;
        }
        if (t->repeat && t->period_ns != 0) {
            t->next += t->period_ns;
        } else {
            t->armed = false;
        }
        if (!P.timer_dead[i]) {
            irq_raise(IRQ_TIMER(i));
        }
    }
    find_earliest();
}

const device_t timers_device = { &earliest, timers_fire, .needs_cpu = true };

static void disarm(unsigned int id) {
    timers[id].armed = false;
    irq_forget(IRQ_TIMER(id));
    find_earliest();
}

// Soft reset: every timer stops, its object goes with the heap.
void machine_timer_deinit_all(void) {
    for (unsigned int i = 0; i < N_TIMER; i++) {
        disarm(i);
        timers[i].obj = NULL;
    }
    MP_STATE_PORT(machine_timer_obj_head) = NULL;
}

static void machine_timer_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_timer_obj_t *self = MP_OBJ_TO_PTR(self_in);
    qstr mode = self->repeat ? MP_QSTR_PERIODIC : MP_QSTR_ONE_SHOT;
    mp_printf(print, "Timer(%u, mode=%q, period=%u)", self->id, mode, (unsigned int)(self->period_ns / NS_PER_MS));
}

static mp_obj_t machine_timer_init_helper(machine_timer_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_mode, ARG_callback, ARG_period, ARG_tick_hz, ARG_freq };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_mode,         MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 1} },
        { MP_QSTR_callback,     MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none} },
        { MP_QSTR_period,       MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 0xffffffff} },
        { MP_QSTR_tick_hz,      MP_ARG_KW_ONLY | MP_ARG_INT, {.u_int = 1000} },
        { MP_QSTR_freq,         MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_obj = mp_const_none} },
    };
    disarm(self->id);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);

    // (`hard` is unknown to ports/esp32 before 1.27, and refused after.)
    if (args[ARG_freq].u_obj != mp_const_none) {
        self->period_ns = (uint64_t)(1000000000.0 / (double)mp_obj_get_float(args[ARG_freq].u_obj));
    } else {
        self->period_ns = (uint64_t)(uint32_t)args[ARG_period].u_int * 1000000000ULL / (uint32_t)args[ARG_tick_hz].u_int;
    }
    self->repeat = args[ARG_mode].u_int != 0;
    self->callback = args[ARG_callback].u_obj;

    vtime_charge(COST_TIMER_INIT);
    hw_timer_t *t = &timers[self->id];
    t->started = vtime_now();
    t->next = t->started + self->period_ns;
    t->period_ns = self->period_ns;
    t->repeat = self->repeat;
    t->dropping = false;
    t->armed = true;
    t->obj = self;
    find_earliest();
    vtime_sync();
    return mp_const_none;
}

static mp_obj_t machine_timer_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    mp_uint_t id = (mp_uint_t)mp_obj_get_int(args[0]);
    if (id >= N_TIMER) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid Timer number"));
    }
    machine_timer_obj_t *self = MP_STATE_PORT(machine_timer_obj_head);
    while (self != NULL && self->id != id) {
        self = self->next;
    }
    if (self == NULL) {
        self = mp_obj_malloc(machine_timer_obj_t, &machine_timer_type);
        self->id = (uint8_t)id;
        self->repeat = false;
        self->period_ns = 0;
        self->callback = mp_const_none;
        self->next = MP_STATE_PORT(machine_timer_obj_head);
        MP_STATE_PORT(machine_timer_obj_head) = self;
    }
    if (n_args > 1 || n_kw > 0) {
        mp_map_t kw_args;
        mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
        machine_timer_init_helper(self, n_args - 1, args + 1, &kw_args);
    }
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t machine_timer_deinit(mp_obj_t self_in) {
    machine_timer_obj_t *self = MP_OBJ_TO_PTR(self_in);
    disarm(self->id);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_timer_deinit_obj, machine_timer_deinit);

static mp_obj_t machine_timer_init(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    return machine_timer_init_helper(MP_OBJ_TO_PTR(args[0]), n_args - 1, args + 1, kw_args);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(machine_timer_init_obj, 1, machine_timer_init);

static mp_obj_t machine_timer_value(mp_obj_t self_in) {
    machine_timer_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const hw_timer_t *t = &timers[self->id];
    uint64_t elapsed = vtime_now() - t->started;
    if (t->repeat && t->period_ns != 0) {
        elapsed %= t->period_ns;
    }
    return MP_OBJ_NEW_SMALL_INT((mp_int_t)(elapsed / NS_PER_MS));
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_timer_value_obj, machine_timer_value);

static const mp_rom_map_elem_t machine_timer_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&machine_timer_deinit_obj) },
    { MP_ROM_QSTR(MP_QSTR_deinit), MP_ROM_PTR(&machine_timer_deinit_obj) },
    { MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&machine_timer_init_obj) },
    { MP_ROM_QSTR(MP_QSTR_value), MP_ROM_PTR(&machine_timer_value_obj) },
    { MP_ROM_QSTR(MP_QSTR_ONE_SHOT), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_PERIODIC), MP_ROM_INT(1) },
};
static MP_DEFINE_CONST_DICT(machine_timer_locals_dict, machine_timer_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    machine_timer_type,
    MP_QSTR_Timer,
    MP_TYPE_FLAG_NONE,
    make_new, machine_timer_make_new,
    print, machine_timer_print,
    locals_dict, &machine_timer_locals_dict
    );

MP_REGISTER_ROOT_POINTER(struct _machine_timer_obj_t *machine_timer_obj_head);
