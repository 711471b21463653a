// Which chip this board has: what Python code, or an installer's tool, can tell an ESP32 from an ESP32-S3 by.
#ifndef INCLUDED_KIND_H
#define INCLUDED_KIND_H

#include <stdbool.h>
#include <stdint.h>

#define KIND_MAX_ADC    (20)

typedef struct {
    const char *name;               // --chip
    const char *machine;            // of the banner and os.uname(): as long as MICROPY_BANNER_MACHINE
    uint64_t pads;                  // that machine.Pin knows
    uint64_t flash_pads;            // of these, the flash chip's: a mode set on one ends every fetch from it
    uint64_t octal_pads;            // of these, taken by an octal PSRAM
    uint64_t input_only;            // no output, no pulls
    uint8_t strap_boot;             // low at reset: loader
    uint8_t strap_no_boot;          // high with strap_boot low: neither loader nor flash; 255 where there is none
    uint8_t strap_low_voltage;      // high at reset: 1.8 V for the flash
    uint8_t n_adc;                  // pads with an ADC; the first n_adc1 are of ADC1
    uint8_t n_adc1;
    uint8_t adc[KIND_MAX_ADC];
    struct {
        uint32_t slope, offset_mv;  // mV = raw * slope / 2^16 + offset, at 12 bits
    } curve[4];                     // per attenuation
    uint8_t adc_min_width;
    bool has_raw_temperature;       // else mcu_temperature
} kind_t;

extern const kind_t *kind;

bool kind_choose(const char *chip);
bool kind_set_psram(const char *psram);
bool kind_has_pad(unsigned int gpio);
bool kind_is_flash_pad(unsigned int gpio);
bool kind_is_input_only(unsigned int gpio);
void kind_put_name(void);

#endif // INCLUDED_KIND_H
