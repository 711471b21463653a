// The LEDC block: the channels that make PWM, and what the plant hears of them.
#ifndef INCLUDED_LEDC_H
#define INCLUDED_LEDC_H

#include <stdint.h>

#define LEDC_CHANNELS   (16)

typedef struct {
    uint32_t hz;                // 0: free
    uint16_t duty;
    uint8_t gpio;
} ledc_channel_t;

extern ledc_channel_t ledc_channels[LEDC_CHANNELS];

ledc_channel_t *ledc_channel_of(unsigned int gpio);
void ledc_tell(unsigned int gpio, uint32_t hz, uint16_t duty);
void ledc_stop_all(void);
void ledc_left_on(void);
void ledc_pad_taken(unsigned int gpio);

#endif // INCLUDED_LEDC_H
