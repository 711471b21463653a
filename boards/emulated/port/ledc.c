// The LEDC block under machine.PWM: 16 channels, which a reset of the CPU leaves on. The plant hears frequency and duty, not edges.

#include <string.h>

#include "ledc.h"
#include "link.h"
#include "persist.h"
#include "vtime.h"

ledc_channel_t ledc_channels[LEDC_CHANNELS];

void ledc_tell(unsigned int gpio, uint32_t hz, uint16_t duty) {
    uint8_t payload[8] = { 0 };
    memcpy(payload, &hz, 4);
    memcpy(payload + 4, &duty, 2);
    vtime_sync();
    link_emit(REC_PWM, (uint8_t)gpio, P.now, payload, sizeof(payload));
    P.horizon = P.now;
    vtime_sync();
}

// Soft reset: every channel stops.
void ledc_stop_all(void) {
    for (unsigned int i = 0; i < LEDC_CHANNELS; i++) {
        if (ledc_channels[i].hz != 0) {
            ledc_channels[i].hz = 0;
            ledc_tell(ledc_channels[i].gpio, 0, 0);
        }
    }
}

// A reset of the CPU: the LEDC block is not reset, its PWM goes on, and the next life does not know of it.
void ledc_left_on(void) {
    for (unsigned int i = 0; i < LEDC_CHANNELS; i++) {
        P.pwm_left_on |= ledc_channels[i].hz != 0 ? 1ULL << ledc_channels[i].gpio : 0;
    }
}

// A pad is given to GPIO, or to a PWM of this life: the PWM of the life before has lost it.
void ledc_pad_taken(unsigned int gpio) {
    if (P.pwm_left_on >> gpio & 1) {
        P.pwm_left_on &= ~(1ULL << gpio);
        ledc_tell(gpio, 0, 0);
    }
}

// NULL: none is on this pad.
ledc_channel_t *ledc_channel_of(unsigned int gpio) {
    for (unsigned int i = 0; i < LEDC_CHANNELS; i++) {
        if (ledc_channels[i].hz != 0 && ledc_channels[i].gpio == gpio) {
            return &ledc_channels[i];
        }
    }
    return NULL;
}
