// The chips that this board can have. Pins, ADC channels and texts: ports/esp32 of MicroPython 1.25.0 (machine_pin.h, machine_adc.c,
// boards/ESP32_GENERIC, boards/ESP32_GENERIC_S3). Straps and ADC ranges: Espressif's data sheets and ESP-IDF's ADC reference.

#include <string.h>
#include <sys/mman.h>

#include "py/mpconfig.h"
#include "board.h"
#include "kind.h"

#define BITS(first, last)   (((1ULL << ((last) - (first) + 1)) - 1) << (first))
#define FULL_SCALE(mv)      { (mv) * 16, 0 }

static const char compiled_name[] = MICROPY_HW_BOARD_NAME " with " MICROPY_HW_MCU_NAME;

static const kind_t kinds[] = {
    {
        .name = "esp32",
        .machine = compiled_name,
        // 24, 28-31 do not exist; 6-11 are the flash chip's, and setting one stops the program; 20 is in no package that has them.
        .pads = BITS(0, 23) | BITS(25, 27) | BITS(32, 39),
        .flash_pads = BITS(6, 11),
        .input_only = BITS(34, 39),
        .strap_boot = 0,
        .strap_no_boot = 255,
        .strap_low_voltage = 12,
        .n_adc = 18,
        .n_adc1 = 8,
        .adc = { 36, 37, 38, 39, 32, 33, 34, 35, 4, 0, 2, 15, 13, 12, 14, 27, 25, 26 },
        // Line-fitting calibration of the IDF for a reference of 1100 mV.
        .curve = { { 1100 * 57431 / 4096, 75 }, { 1100 * 76236 / 4096, 78 }, { 1100 * 105481 / 4096, 107 }, { 1100 * 196602 / 4096, 142 } },
        .adc_min_width = 9,
        .has_raw_temperature = true,
    },
    {
        .name = "esp32s3",
        .machine = "Emulated ESP module with ESP32S3",
        // The stock ESP32_GENERIC_S3 image: 22-25 do not exist, 26 is kept for a quad PSRAM, 27-32 are the flash chip's.
        .pads = BITS(0, 21) | BITS(33, 48),
        .octal_pads = BITS(33, 37),
        .strap_boot = 0,
        .strap_no_boot = 46,
        .strap_low_voltage = 45,
        .n_adc = 20,
        .n_adc1 = 10,
        .adc = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 },
        // ESP-IDF's ADC reference for the ESP32-S3: full scale at each attenuation. Its calibration is close to a line through 0.
        .curve = { FULL_SCALE(950), FULL_SCALE(1250), FULL_SCALE(1750), FULL_SCALE(3100) },
        .adc_min_width = 12,
    },
};

const kind_t *kind = &kinds[0];

static bool has_octal_psram;

bool kind_choose(const char *chip) {
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(chip, kinds[i].name) == 0) {
            kind = &kinds[i];
            return true;
        }
    }
    return false;
}

bool kind_set_psram(const char *psram) {
    has_octal_psram = strcmp(psram, "octal") == 0;
    return has_octal_psram || strcmp(psram, "none") == 0 || strcmp(psram, "quad") == 0;
}

bool kind_has_pad(unsigned int gpio) {
    return gpio < N_GPIO && (kind->pads >> gpio & 1) && !(has_octal_psram && (kind->octal_pads >> gpio & 1));
}

bool kind_is_flash_pad(unsigned int gpio) {
    return kind->flash_pads >> gpio & 1;
}

bool kind_is_input_only(unsigned int gpio) {
    return kind->input_only >> gpio & 1;
}

// MicroPython compiles the machine's name into constants, and into the middle of the banner. All have one length, so the chosen name is
// written over each of them, once, before the interpreter starts.
__attribute__((no_sanitize("address"))) void kind_put_name(void) {
    extern char __executable_start[], edata[];
    size_t len = sizeof(compiled_name) - 1;
    if (kind->machine == compiled_name || strlen(kind->machine) != len) {
        return;
    }
    char name[sizeof(compiled_name)];
    memcpy(name, compiled_name, len);
    for (char *at = __executable_start; at + len <= edata; at++) {
        size_t same = 0;
        while (same < len && at[same] == name[same]) {
            same++;
        }
        if (same < len) {
            continue;
        }
        char *page = (char *)((uintptr_t)at & ~4095u);
        size_t size = (size_t)(at + len - page);
        if (mprotect(page, size, PROT_READ | PROT_WRITE) == 0) {
            memcpy(at, kind->machine, len);
            mprotect(page, size, PROT_READ);
        }
    }
}
