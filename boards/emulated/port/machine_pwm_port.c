// machine.PWM, included by extmod/machine_pwm.c: the ESP32 port's arguments and refusals over the LEDC block (ledc.c).

#include "py/mphal.h"
#include "costs.h"
#include "ledc.h"
#include "persist.h"
#include "vtime.h"

#define N_PWM_TIMERS    (8)
#define FIRST_INPUT_ONLY (34)
#define DEFAULT_HZ      (5000)
#define MAX_HZ          (40000000)
#define MAX_U16         (65535)
#define MAX_U10         (1023)

typedef struct _machine_pwm_obj_t {
    mp_obj_base_t base;
    uint8_t gpio;
} machine_pwm_obj_t;

static ledc_channel_t *active(const machine_pwm_obj_t *self) {
    ledc_channel_t *c = ledc_channel_of(self->gpio);
    if (c == NULL) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("PWM inactive"));
    }
    return c;
}

static void set_frequency(ledc_channel_t *channel, mp_int_t hz) {
    if (hz < 1 || hz > MAX_HZ) {
        mp_raise_ValueError(MP_ERROR_TEXT("frequency must be from 1Hz to 40MHz"));
    }
    // Channels of one frequency share a timer.
    unsigned int others = 0;
    for (unsigned int i = 0; i < LEDC_CHANNELS; i++) {
        bool first = ledc_channels[i].hz != 0 && &ledc_channels[i] != channel;
        for (unsigned int k = 0; first && k < i; k++) {
            first = &ledc_channels[k] == channel || ledc_channels[k].hz != ledc_channels[i].hz;
        }
        if (first && ledc_channels[i].hz == (uint32_t)hz) {
            others = 0;
            break;
        }
        others += first;
    }
    if (others >= N_PWM_TIMERS) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("out of PWM timers:%d"), N_PWM_TIMERS);
    }
    channel->hz = (uint32_t)hz;
}

static void set_duty(ledc_channel_t *channel, mp_int_t duty_u16) {
    if (duty_u16 < 0 || duty_u16 > MAX_U16) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("duty_u16 must be from 0 to %d"), MAX_U16);
    }
    channel->duty = (uint16_t)duty_u16;
}

static mp_int_t from_ns(const ledc_channel_t *channel, mp_int_t ns) {
    uint64_t period_ns = 1000000000ULL / channel->hz;
    if (ns < 0 || (uint64_t)ns > period_ns) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("duty_ns must be from 0 to %d ns"), (int)period_ns);
    }
    return (mp_int_t)((uint64_t)ns * MAX_U16 / period_ns);
}

static mp_int_t from_u10(mp_int_t duty) {
    if (duty < 0 || duty > MAX_U10) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("duty must be from 0 to %u"), MAX_U10);
    }
    return duty == MAX_U10 ? MAX_U16 : duty << 6;
}

static void apply(const ledc_channel_t *channel) {
    vtime_charge(COST_PWM);
    ledc_tell(channel->gpio, channel->hz, channel->duty);
}

static void mp_machine_pwm_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_pwm_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const ledc_channel_t *c = ledc_channel_of(self->gpio);
    mp_printf(print, "PWM(Pin(%u)", self->gpio);
    if (c != NULL) {
        mp_printf(print, ", freq=%u, duty_u16=%u", (unsigned int)c->hz, c->duty);
    }
    mp_printf(print, ")");
}

static void mp_machine_pwm_init_helper(machine_pwm_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_freq, ARG_duty, ARG_duty_u16, ARG_duty_ns };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_freq, MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_duty, MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_duty_u16, MP_ARG_INT, {.u_int = -1} },
        { MP_QSTR_duty_ns, MP_ARG_INT, {.u_int = -1} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);
    int duties = 0;
    for (int i = ARG_duty; i <= ARG_duty_ns; i++) {
        duties += args[i].u_int != -1;
    }
    if (duties > 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("only one of parameters 'duty', 'duty_u16' or 'duty_ns' is allowed"));
    }
    ledc_channel_t *channel = ledc_channel_of(self->gpio);
    for (unsigned int i = 0; channel == NULL && i < LEDC_CHANNELS; i++) {
        channel = ledc_channels[i].hz == 0 ? &ledc_channels[i] : NULL;
    }
    if (channel == NULL) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("out of PWM channels:%d"), LEDC_CHANNELS);
    }
    // (A refused frequency leaves the channel as it was: free, or running on.)
    bool fresh = channel->hz == 0;
    if (args[ARG_freq].u_int != -1 || fresh) {
        set_frequency(channel, args[ARG_freq].u_int != -1 ? args[ARG_freq].u_int : DEFAULT_HZ);
    }
    channel->gpio = self->gpio;
    P.pwm_left_on &= ~(1ULL << self->gpio);
    if (fresh) {
        channel->duty = 32768;  // ports/esp32 starts at half
    }
    if (args[ARG_duty].u_int != -1) {
        set_duty(channel, from_u10(args[ARG_duty].u_int));
    } else if (args[ARG_duty_u16].u_int != -1) {
        set_duty(channel, args[ARG_duty_u16].u_int);
    } else if (args[ARG_duty_ns].u_int != -1) {
        set_duty(channel, from_ns(channel, args[ARG_duty_ns].u_int));
    }
    apply(channel);
}

static mp_obj_t mp_machine_pwm_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    unsigned int gpio = machine_pin_get_id(args[0]);
    if (gpio >= FIRST_INPUT_ONLY) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("PWM not supported on Pin(%d)"), gpio);
    }
    machine_pwm_obj_t *self = mp_obj_malloc(machine_pwm_obj_t, &machine_pwm_type);
    self->gpio = (uint8_t)gpio;
    mp_map_t kw_args;
    mp_map_init_fixed_table(&kw_args, n_kw, args + n_args);
    mp_machine_pwm_init_helper(self, n_args - 1, args + 1, &kw_args);
    return MP_OBJ_FROM_PTR(self);
}

static void mp_machine_pwm_deinit(machine_pwm_obj_t *self) {
    ledc_channel_t *c = ledc_channel_of(self->gpio);
    if (c != NULL) {
        c->hz = 0;
        ledc_tell(self->gpio, 0, 0);
    }
}

static mp_obj_t mp_machine_pwm_freq_get(machine_pwm_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(active(self)->hz);
}

static void mp_machine_pwm_freq_set(machine_pwm_obj_t *self, mp_int_t freq) {
    set_frequency(active(self), freq);
    apply(active(self));
}

static mp_obj_t mp_machine_pwm_duty_get(machine_pwm_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(active(self)->duty >> 6);
}

static void mp_machine_pwm_duty_set(machine_pwm_obj_t *self, mp_int_t duty) {
    set_duty(active(self), from_u10(duty));
    apply(active(self));
}

static mp_obj_t mp_machine_pwm_duty_get_u16(machine_pwm_obj_t *self) {
    return MP_OBJ_NEW_SMALL_INT(active(self)->duty);
}

static void mp_machine_pwm_duty_set_u16(machine_pwm_obj_t *self, mp_int_t duty_u16) {
    set_duty(active(self), duty_u16);
    apply(active(self));
}

static mp_obj_t mp_machine_pwm_duty_get_ns(machine_pwm_obj_t *self) {
    const ledc_channel_t *c = active(self);
    return mp_obj_new_int((mp_int_t)((uint64_t)c->duty * (1000000000ULL / c->hz) / MAX_U16));
}

static void mp_machine_pwm_duty_set_ns(machine_pwm_obj_t *self, mp_int_t duty_ns) {
    set_duty(active(self), from_ns(active(self), duty_ns));
    apply(active(self));
}
