// GPIO pads and machine.Pin: levels, directions, pulls, soft interrupts, and the watched strobe of the heartbeat.

#include <string.h>

#include "py/runtime.h"
#include "py/mphal.h"
#include "extmod/modmachine.h"
#include "extmod/virtpin.h"
#include "board.h"
#include "ports.h"

#define FIRST_INPUT_ONLY    (34)
#define PULL_DOWN           (1)
#define PULL_UP             (2)
#define MODE_INPUT          (1)
#define MODE_OUTPUT_BIT     (2)
#define MODE_INPUT_OUTPUT   (3)
#define MODE_INPUT_OUTPUT_OD (7)
#define TRIGGER_RISING      (1)
#define TRIGGER_FALLING     (2)

enum { DRIVE_FLOAT, DRIVE_LOW, DRIVE_HIGH, DRIVE_UP, DRIVE_DOWN };

typedef struct {
    uint8_t mode, pull, out;
    uint8_t level;              // what the input buffer sees
    uint8_t trigger;
    bool irq, dropping;
} pad_t;

typedef struct _machine_pin_irq_obj_t {
    mp_obj_base_t base;
} machine_pin_irq_obj_t;

typedef struct _machine_pin_obj_t {
    mp_obj_base_t base;
    machine_pin_irq_obj_t irq;
} machine_pin_obj_t;

static pad_t pads[N_GPIO];
static uint64_t next_lapse = BOARD_NEVER;
static const mp_obj_type_t machine_pin_irq_type;

// Objects live outside the heap, one per pad, as on the ESP32. Pads 20, 24, 28-31 do not exist; 6-11 are the flash chip's.
#define PIN     {{&machine_pin_type}, {{&machine_pin_irq_type}}}
#define NO_PIN  {{NULL}, {{NULL}}}
static const machine_pin_obj_t pin_objects[N_GPIO] = {
    PIN, PIN, PIN, PIN, PIN, PIN, NO_PIN, NO_PIN, NO_PIN, NO_PIN,
    NO_PIN, NO_PIN, PIN, PIN, PIN, PIN, PIN, PIN, PIN, PIN,
    NO_PIN, PIN, PIN, PIN, NO_PIN, PIN, PIN, PIN, NO_PIN, NO_PIN,
    NO_PIN, NO_PIN, PIN, PIN, PIN, PIN, PIN, PIN, PIN, PIN,
};

#define INDEX(self) ((unsigned int)((self) - &pin_objects[0]))
#define FROM_IRQ(self) ((const machine_pin_obj_t *)((uintptr_t)(self) - offsetof(machine_pin_obj_t, irq)))

static uint8_t drive_of(const pad_t *p) {
    if (p->mode & MODE_OUTPUT_BIT) {
        if (!p->out) {
            return DRIVE_LOW;
        }
        if (p->mode != MODE_INPUT_OUTPUT_OD) {
            return DRIVE_HIGH;
        }
    }
    return p->pull & PULL_UP ? DRIVE_UP : p->pull & PULL_DOWN ? DRIVE_DOWN : DRIVE_FLOAT;
}

static uint8_t level_of(unsigned int gpio) {
    uint8_t drive = drive_of(&pads[gpio]);
    if (drive == DRIVE_LOW || drive == DRIVE_HIGH) {
        return drive == DRIVE_HIGH;
    }
    if (P.pin_in[gpio] != 2) {
        return P.pin_in[gpio];
    }
    return drive == DRIVE_UP;
}

// The level at the input buffer may have changed: edges raise interrupts.
void pins_input_changed(unsigned int gpio) {
    pad_t *p = &pads[gpio];
    uint8_t level = level_of(gpio);
    if (level == p->level) {
        return;
    }
    p->level = level;
    if (p->irq && (p->trigger & (level ? TRIGGER_RISING : TRIGGER_FALLING))) {
        chip_irq_pin(gpio);
    }
}

// The interrupt itself: queues the callback, or loses it when the queue is full.
void pins_deliver(unsigned int gpio) {
    pad_t *p = &pads[gpio];
    if (!p->irq) {
        return;
    }
    vtime_charge(COST_ISR);
    P.stats.irqs++;
    mp_obj_t handler = MP_STATE_PORT(machine_pin_irq_handler)[gpio];
    if (mp_sched_schedule(handler, MP_OBJ_FROM_PTR(&pin_objects[gpio]))) {
        p->dropping = false;
    } else {
        P.stats.irq_drops++;
        if (!p->dropping) {
            p->dropping = true;
            link_note(NOTE_WARNING, "Pin(%u).irq: queue of %d full, callback dropped", gpio, MICROPY_SCHEDULER_DEPTH);
        }
    }
    vtime_wake();
}

// Watched strobes

uint64_t pins_next_lapse(void) {
    return next_lapse;
}

static void find_next_lapse(void) {
    next_lapse = BOARD_NEVER;
    for (unsigned int i = 0; i < N_GPIO; i++) {
        if (P.watch[i].strobing && P.watch[i].check_at < next_lapse) {
            next_lapse = P.watch[i].check_at;
        }
    }
}

static void emit_strobe(unsigned int gpio, bool started) {
    uint8_t payload[9] = { started };
    memcpy(payload + 1, &P.watch[gpio].last_edge, 8);
    link_emit(REC_STROBE, (uint8_t)gpio, P.now, payload, sizeof(payload));
}

static void emit_pin(unsigned int gpio) {
    uint8_t drive = drive_of(&pads[gpio]);
    if (drive != P.drive[gpio]) {
        P.drive[gpio] = drive;
        link_emit(REC_PIN, (uint8_t)gpio, P.now, &drive, 1);
        P.horizon = P.now;
    }
}

void pins_watch(unsigned int gpio, uint64_t lapse_ns) {
    watch_t *w = &P.watch[gpio];
    w->lapse_ns = lapse_ns;
    if (lapse_ns == 0) {
        w->strobing = false;
        emit_pin(gpio);
    } else if (w->strobing) {
        w->check_at = w->last_edge + lapse_ns;
    }
    find_next_lapse();
}

void pins_fire_lapses(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        watch_t *w = &P.watch[i];
        if (!w->strobing || w->check_at > P.now) {
            continue;
        }
        if (w->last_edge + w->lapse_ns > P.now) {
            w->check_at = w->last_edge + w->lapse_ns;
            continue;
        }
        w->strobing = false;
        emit_strobe(i, false);
        emit_pin(i);
        P.horizon = P.now;
    }
    find_next_lapse();
}

// The pad's drive may have changed: tells the plant, unless only the level of a watched strobe moved.
static void drive_changed(unsigned int gpio) {
    pad_t *p = &pads[gpio];
    pins_input_changed(gpio);
    uint8_t drive = drive_of(p);
    watch_t *w = &P.watch[gpio];
    bool driven = drive == DRIVE_LOW || drive == DRIVE_HIGH;
    if (w->lapse_ns != 0 && driven && (P.drive[gpio] == DRIVE_LOW || P.drive[gpio] == DRIVE_HIGH)) {
        w->last_edge = P.now;
        if (!w->strobing) {
            w->strobing = true;
            w->check_at = P.now + w->lapse_ns;
            emit_strobe(gpio, true);
            find_next_lapse();
            P.horizon = P.now;
        }
    } else {
        emit_pin(gpio);
    }
    if (P.horizon <= P.now) {
        vtime_sync();
    }
}

static void set_level(unsigned int gpio, bool value) {
    vtime_charge(COST_PIN_WRITE);
    vtime_sync();
    pad_t *p = &pads[gpio];
    if (p->out != value) {
        p->out = value;
        if (p->mode & MODE_OUTPUT_BIT) {
            drive_changed(gpio);
        }
    }
}

static int get_level(unsigned int gpio) {
    vtime_charge(COST_PIN_READ);
    vtime_sync();
    // Without an input buffer (mode never set) a pad reads low, as gpio_get_level says.
    return pads[gpio].mode & MODE_INPUT ? pads[gpio].level : 0;
}

static void set_mode(unsigned int gpio, uint8_t mode) {
    vtime_sync();
    pads[gpio].mode = mode;
    drive_changed(gpio);
}

// Every reset but the soft one: pads float (the RESET record says so), outputs are low when they come back.
void pins_floated(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        P.drive[i] = DRIVE_FLOAT;
    }
    memset(pads, 0, sizeof(pads));
}

void machine_pins_init(void) {
    memset(&MP_STATE_PORT(machine_pin_irq_handler[0]), 0, sizeof(MP_STATE_PORT(machine_pin_irq_handler)));
    for (unsigned int i = 0; i < N_GPIO; i++) {
        pads[i].level = level_of(i);
    }
    find_next_lapse();
}

void machine_pins_deinit(void) {
    for (unsigned int i = 0; i < N_GPIO; i++) {
        pads[i].irq = false;
    }
}

static const machine_pin_obj_t *machine_pin_find(mp_obj_t pin_in) {
    if (mp_obj_is_type(pin_in, &machine_pin_type)) {
        return MP_OBJ_TO_PTR(pin_in);
    }
    if (mp_obj_is_int(pin_in)) {
        mp_int_t wanted = mp_obj_get_int(pin_in);
        if (0 <= wanted && wanted < N_GPIO && pin_objects[wanted].base.type != NULL) {
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
    pad_t *p = &pads[gpio];
    vtime_charge(COST_PIN_INIT);

    // Level first, then direction: an output starts at the level it was given.
    if (args[ARG_value].u_obj != MP_OBJ_NULL) {
        set_level(gpio, mp_obj_is_true(args[ARG_value].u_obj));
    }
    if (args[ARG_drive].u_obj != MP_OBJ_NULL) {
        mp_obj_get_int(args[ARG_drive].u_obj);
    }
    if (args[ARG_mode].u_obj != mp_const_none) {
        mp_int_t mode = mp_obj_get_int(args[ARG_mode].u_obj);
        if (gpio >= FIRST_INPUT_ONLY && (mode & MODE_OUTPUT_BIT)) {
            mp_raise_ValueError(MP_ERROR_TEXT("pin can only be input"));
        }
        set_mode(gpio, (uint8_t)(mode & 7));
    }
    if (args[ARG_pull].u_obj != MP_OBJ_NEW_SMALL_INT(-1)) {
        mp_int_t pull = args[ARG_pull].u_obj == mp_const_none ? 0 : mp_obj_get_int(args[ARG_pull].u_obj);
        // Pads 34-39 have no pull resistors: the IDF refuses, MicroPython ignores the refusal.
        p->pull = gpio >= FIRST_INPUT_ONLY ? 0 : (uint8_t)(pull & 3);
        vtime_sync();
        drive_changed(gpio);
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
        return MP_OBJ_NEW_SMALL_INT(get_level(INDEX(self)));
    }
    set_level(INDEX(self), mp_obj_is_true(args[0]));
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
    set_level(INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in)), false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_pin_off_obj, machine_pin_off);

static mp_obj_t machine_pin_on(mp_obj_t self_in) {
    set_level(INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in)), true);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(machine_pin_on_obj, machine_pin_on);

static mp_obj_t machine_pin_toggle(mp_obj_t self_in) {
    unsigned int gpio = INDEX((const machine_pin_obj_t *)MP_OBJ_TO_PTR(self_in));
    set_level(gpio, !pads[gpio].out);
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
        pads[gpio].trigger = on ? (uint8_t)args[ARG_trigger].u_int : 0;
        pads[gpio].irq = on;
        pads[gpio].dropping = false;
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
            return (mp_uint_t)get_level(gpio);
        case MP_PIN_WRITE:
            set_level(gpio, arg != 0);
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
    pins_deliver(INDEX(FROM_IRQ(MP_OBJ_TO_PTR(self_in))));
    return mp_const_none;
}

static mp_obj_t machine_pin_irq_trigger(size_t n_args, const mp_obj_t *args) {
    pad_t *p = &pads[INDEX(FROM_IRQ(MP_OBJ_TO_PTR(args[0])))];
    uint8_t old = p->trigger;
    if (n_args == 2) {
        p->trigger = (uint8_t)mp_obj_get_int(args[1]);
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

MP_REGISTER_ROOT_POINTER(mp_obj_t machine_pin_irq_handler[40]);

// The C-level pin interface that extmod's software buses use

void mp_hal_pin_input(mp_hal_pin_obj_t pin) {
    set_mode(pin, MODE_INPUT);
}

void mp_hal_pin_output(mp_hal_pin_obj_t pin) {
    set_mode(pin, MODE_INPUT_OUTPUT);
}

void mp_hal_pin_open_drain(mp_hal_pin_obj_t pin) {
    set_mode(pin, MODE_INPUT_OUTPUT_OD);
}

int mp_hal_pin_read(mp_hal_pin_obj_t pin) {
    return get_level(pin);
}

int mp_hal_pin_read_output(mp_hal_pin_obj_t pin) {
    return pads[pin].out;
}

void mp_hal_pin_write(mp_hal_pin_obj_t pin, int v) {
    set_level(pin, v != 0);
}
