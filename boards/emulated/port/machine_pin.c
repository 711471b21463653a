// machine.Pin over the pads (pads.c): the ESP32 port's arguments, refusals and soft interrupts.

#include <string.h>

#include "py/runtime.h"
#include "py/mphal.h"
#include "extmod/modmachine.h"
#include "extmod/virtpin.h"
#include "board.h"
#include "costs.h"
#include "kind.h"
#include "link.h"
#include "machine_pin.h"
#include "pads.h"
#include "persist.h"
#include "vtime.h"

typedef struct _machine_pin_irq_obj_t {
    mp_obj_base_t base;
} machine_pin_irq_obj_t;

typedef struct _machine_pin_obj_t {
    mp_obj_base_t base;
    machine_pin_irq_obj_t irq;
} machine_pin_obj_t;

static bool dropping[N_GPIO];       // the last interrupt of this pad found the queue full
static const mp_obj_type_t machine_pin_irq_type;

// Objects live outside the heap, one per pad, as on the ESP32. Which of them the chip has: kind.h.
static const machine_pin_obj_t pin_objects[N_GPIO] = {
    [0 ... N_GPIO - 1] = {{&machine_pin_type}, {{&machine_pin_irq_type}}},
};

#define INDEX(self) ((unsigned int)((self) - &pin_objects[0]))
#define FROM_IRQ(self) ((const machine_pin_obj_t *)((uintptr_t)(self) - offsetof(machine_pin_obj_t, irq)))

// The interrupt itself: queues the callback, or loses it when the queue is full.
void machine_pin_deliver(unsigned int gpio, uint64_t raised_at) {
    if (!pads_irq_enabled(gpio)) {
        return;
    }
    vtime_charge(COST_ISR);
    P.stats.irqs++;
    mp_obj_t handler = MP_STATE_PORT(machine_pin_irq_handler)[gpio];
    if (mp_sched_schedule(handler, MP_OBJ_FROM_PTR(&pin_objects[gpio]))) {
        dropping[gpio] = false;
    } else {
        P.stats.irq_drops++;
        if (!dropping[gpio]) {
            dropping[gpio] = true;
            link_note(NOTE_WARNING, "Pin(%u).irq: queue of %d full, callback dropped", gpio, MICROPY_SCHEDULER_DEPTH);
        }
    }
    vtime_wake();
}

void machine_pins_init(void) {
    memset(&MP_STATE_PORT(machine_pin_irq_handler[0]), 0, sizeof(MP_STATE_PORT(machine_pin_irq_handler)));
    pads_start();
}

void machine_pins_deinit(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        pads_set_irq(i, false, 0);
    }
}

static const machine_pin_obj_t *machine_pin_find(mp_obj_t pin_in) {
    if (mp_obj_is_type(pin_in, &machine_pin_type)) {
        return MP_OBJ_TO_PTR(pin_in);
    }
    if (mp_obj_is_int(pin_in)) {
        mp_int_t wanted = mp_obj_get_int(pin_in);
        if (wanted >= 0 && kind_has_pad((unsigned int)wanted)) {
            return &pin_objects[wanted];
        }
    }
    mp_raise_ValueError(MP_ERROR_TEXT("invalid pin"));
}

mp_hal_pin_obj_t machine_pin_get_id(mp_obj_t pin_in) {
    return INDEX(machine_pin_find(pin_in));
}

static void machine_pin_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    const machine_pin_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "Pin(%u)", INDEX(self));
}

// pin.init(mode=None, pull=-1, *, value, drive, hold)
static void init_helper(const machine_pin_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_mode, ARG_pull, ARG_value, ARG_drive, ARG_hold };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_mode, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE}},
        { MP_QSTR_pull, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_INT(-1)}},
        { MP_QSTR_value, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)}},
        { MP_QSTR_drive, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)}},
        { MP_QSTR_hold, MP_ARG_KW_ONLY | MP_ARG_OBJ, {.u_rom_obj = MP_ROM_PTR(NULL)}},
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    unsigned int gpio = INDEX(self);
    vtime_charge(COST_PIN_INIT);

    // Level first, then direction: an output starts at the level it was given.
    if (args[ARG_value].u_obj != MP_OBJ_NULL) {
        pads_set_level(gpio, mp_obj_is_true(args[ARG_value].u_obj));
    }
    if (args[ARG_drive].u_obj != MP_OBJ_NULL) {
        mp_obj_get_int(args[ARG_drive].u_obj);
    }
    if (args[ARG_mode].u_obj != mp_const_none) {
        mp_int_t mode = mp_obj_get_int(args[ARG_mode].u_obj);
        if (kind_is_flash_pad(gpio)) {
            link_note(NOTE_VIOLATION, "Pin(%u) is the flash chip's: with a mode of its own nothing more is fetched from the flash", gpio);
            vtime_stall(BOARD_NEVER / 4 - P.now);    // until a watchdog or the power ends it
            vtime_sync();
        }
        if (kind_is_input_only(gpio) && (mode & MODE_OUTPUT_BIT)) {
            mp_raise_ValueError(MP_ERROR_TEXT("pin can only be input"));
        }
        pads_set_mode(gpio, (uint8_t)(mode & 7));
    }
    if (args[ARG_pull].u_obj != MP_OBJ_NEW_SMALL_INT(-1)) {
        mp_int_t pull = args[ARG_pull].u_obj == mp_const_none ? 0 : mp_obj_get_int(args[ARG_pull].u_obj);
        // Input-only pads have no pull resistors: the IDF refuses, MicroPython ignores the refusal.
        pads_set_pull(gpio, kind_is_input_only(gpio) ? 0 : (uint8_t)(pull & 3));
    }
}

mp_obj_t mp_pin_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    const machine_pin_obj_t *self = machine_pin_find(args[0]);
    if (n_args > 1 || n_kw > 0) {
        mp_map_t kw_args;
        mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
        init_helper(self, n_args - 1, args + 1, &kw_args);
    }
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t machine_pin_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 1, false);
    const machine_pin_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (n_args == 0) {
        return MP_OBJ_NEW_SMALL_INT(pads_get_level(INDEX(self)));
    }
    pads_set_level(INDEX(self), mp_obj_is_true(args[0]));
    return mp_const_none;
}

static mp_obj_t machine_pin_init(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    init_helper(MP_OBJ_TO_PTR(args[0]), n_args - 1, args + 1, kw_args);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(machine_pin_init_obj, 1, machine_pin_init);

static mp_obj_t machine_pin_value(size_t n_args, const mp_obj_t *args) {
    return machine_pin_call(args[0], n_args - 1, 0, args + 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(machine_pin_value_obj, 1, 2, machine_pin_value);

static mp_obj_t machine_pin_off(mp_obj_t self_in) {
    pads_set_level(INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in)), false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_pin_off_obj, machine_pin_off);

static mp_obj_t machine_pin_on(mp_obj_t self_in) {
    pads_set_level(INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in)), true);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_pin_on_obj, machine_pin_on);

static mp_obj_t machine_pin_toggle(mp_obj_t self_in) {
    unsigned int gpio = INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in));
    pads_set_level(gpio, !pads_output(gpio));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_pin_toggle_obj, machine_pin_toggle);

// pin.irq(handler=None, trigger=IRQ_FALLING|IRQ_RISING); always soft
static mp_obj_t machine_pin_irq(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_handler, ARG_trigger, ARG_wake };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_handler, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
        { MP_QSTR_trigger, MP_ARG_INT, {.u_int = TRIGGER_RISING | TRIGGER_FALLING} },
        { MP_QSTR_wake, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    const machine_pin_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    if (n_args > 1 || kw_args->used != 0) {
        unsigned int gpio = INDEX(self);
        vtime_charge(COST_PIN_INIT);
        vtime_sync();
        bool on = args[ARG_handler].u_obj != mp_const_none;
        pads_set_irq(gpio, on, on ? (uint8_t)args[ARG_trigger].u_int : 0);
        dropping[gpio] = false;
        MP_STATE_PORT(machine_pin_irq_handler)[gpio] = on ? args[ARG_handler].u_obj : MP_OBJ_NULL;
    }
    return MP_OBJ_FROM_PTR(&self->irq);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(machine_pin_irq_obj, 1, machine_pin_irq);

static const mp_rom_map_elem_t machine_pin_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_init), MP_ROM_PTR(&machine_pin_init_obj) },
    { MP_ROM_QSTR(MP_QSTR_value), MP_ROM_PTR(&machine_pin_value_obj) },
    { MP_ROM_QSTR(MP_QSTR_off), MP_ROM_PTR(&machine_pin_off_obj) },
    { MP_ROM_QSTR(MP_QSTR_on), MP_ROM_PTR(&machine_pin_on_obj) },
    { MP_ROM_QSTR(MP_QSTR_toggle), MP_ROM_PTR(&machine_pin_toggle_obj) },
    { MP_ROM_QSTR(MP_QSTR_irq), MP_ROM_PTR(&machine_pin_irq_obj) },
    { MP_ROM_QSTR(MP_QSTR_IN), MP_ROM_INT(MODE_INPUT) },
    { MP_ROM_QSTR(MP_QSTR_OUT), MP_ROM_INT(MODE_INPUT_OUTPUT) },
    { MP_ROM_QSTR(MP_QSTR_OPEN_DRAIN), MP_ROM_INT(MODE_INPUT_OUTPUT_OD) },
    { MP_ROM_QSTR(MP_QSTR_PULL_UP), MP_ROM_INT(PULL_UP) },
    { MP_ROM_QSTR(MP_QSTR_PULL_DOWN), MP_ROM_INT(PULL_DOWN) },
    { MP_ROM_QSTR(MP_QSTR_IRQ_RISING), MP_ROM_INT(TRIGGER_RISING) },
    { MP_ROM_QSTR(MP_QSTR_IRQ_FALLING), MP_ROM_INT(TRIGGER_FALLING) },
    { MP_ROM_QSTR(MP_QSTR_WAKE_LOW), MP_ROM_INT(4) },
    { MP_ROM_QSTR(MP_QSTR_WAKE_HIGH), MP_ROM_INT(5) },
    { MP_ROM_QSTR(MP_QSTR_DRIVE_0), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_DRIVE_1), MP_ROM_INT(1) },
    { MP_ROM_QSTR(MP_QSTR_DRIVE_2), MP_ROM_INT(2) },
    { MP_ROM_QSTR(MP_QSTR_DRIVE_3), MP_ROM_INT(3) },
};
static MP_DEFINE_CONST_DICT(machine_pin_locals_dict, machine_pin_locals_dict_table);

static mp_uint_t pin_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    unsigned int gpio = INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in));
    switch (request) {
        case MP_PIN_READ:
            return (mp_uint_t)pads_get_level(gpio);
        case MP_PIN_WRITE:
            pads_set_level(gpio, arg != 0);
            return 0;
    }
    return (mp_uint_t)-1;
}

static const mp_pin_p_t pin_pin_p = {
    .ioctl = pin_ioctl,
};

MP_DEFINE_CONST_OBJ_TYPE(
    machine_pin_type,
    MP_QSTR_Pin,
    MP_TYPE_FLAG_NONE,
    make_new, mp_pin_make_new,
    print, machine_pin_print,
    call, machine_pin_call,
    protocol, &pin_pin_p,
    locals_dict, &machine_pin_locals_dict
    );

// The object that Pin.irq() returns

static mp_obj_t machine_pin_irq_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    machine_pin_deliver(INDEX(FROM_IRQ(MP_OBJ_TO_PTR(self_in))), P.now);
    return mp_const_none;
}

static mp_obj_t machine_pin_irq_trigger(size_t n_args, const mp_obj_t *args) {
    unsigned int gpio = INDEX(FROM_IRQ(MP_OBJ_TO_PTR(args[0])));
    uint8_t old = pads_trigger(gpio);
    if (n_args == 2) {
        pads_set_irq(gpio, pads_irq_enabled(gpio), (uint8_t)mp_obj_get_int(args[1]));
    }
    return MP_OBJ_NEW_SMALL_INT(old);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(machine_pin_irq_trigger_obj, 1, 2, machine_pin_irq_trigger);

static const mp_rom_map_elem_t machine_pin_irq_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_trigger), MP_ROM_PTR(&machine_pin_irq_trigger_obj) },
};
static MP_DEFINE_CONST_DICT(machine_pin_irq_locals_dict, machine_pin_irq_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    machine_pin_irq_type,
    MP_QSTR_IRQ,
    MP_TYPE_FLAG_NONE,
    call, machine_pin_irq_call,
    locals_dict, &machine_pin_irq_locals_dict
    );

MP_REGISTER_ROOT_POINTER(mp_obj_t machine_pin_irq_handler[49]);
