// The command line: of the chip, of its flash and of the link.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "kind.h"
#include "options.h"
#include "persist.h"
#include "rng.h"

options_t options = {
    .boot_ns = 300 * NS_PER_MS,     // assumption: ROM, bootloader and IDF start-up of a stock image from flash
    .start_mhz = 160,
    .persist_fd = -1,
};

static void usage(const char *problem, const char *what) {
    fprintf(stderr, "emulated-board: %s %s\n"
        "usage: emulated-board --flash FILE --link-fd N --seed S --start-ns T [--ticks-offset-ms M] [--boot-ms B]\n"
        "                      [--cpu-mhz 160|240] [--flash-timing typical|worst] [--irq-jitter-us J]\n"
        "                      [--chip esp32|esp32s3] [--psram none|quad|octal] [--adc-uncalibrated]\n", problem, what);
    _exit(2);
}

static int64_t number(const char *option, const char *text) {
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 0);
    if (errno != 0 || end == text || *end != 0) {
        usage("not a number for", option);
    }
    return v;
}

void options_parse(int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i];
        if (strcmp(name, "--adc-uncalibrated") == 0) {
            P.adc_blank = true;
            i--;        // the only option without a value
            continue;
        }
        if (i + 1 >= argc) {
            usage("no value for", name);
        }
        const char *value = argv[i + 1];
        if (strcmp(name, "--flash") == 0) {
            options.flash_path = value;
        } else if (strcmp(name, "--link-fd") == 0) {
            P.link_fd = (int)number(name, value);
        } else if (strcmp(name, "--seed") == 0) {
            P.seed = (uint32_t)number(name, value);
        } else if (strcmp(name, "--start-ns") == 0) {
            P.now = (uint64_t)number(name, value);
        } else if (strcmp(name, "--ticks-offset-ms") == 0) {
            options.ticks_offset_ms = number(name, value);
        } else if (strcmp(name, "--boot-ms") == 0) {
            options.boot_ns = (uint64_t)number(name, value) * NS_PER_MS;
        } else if (strcmp(name, "--cpu-mhz") == 0) {
            options.start_mhz = (uint32_t)number(name, value);
        } else if (strcmp(name, "--flash-timing") == 0) {
            options.worst_flash = strcmp(value, "worst") == 0;
        } else if (strcmp(name, "--irq-jitter-us") == 0) {
            options.irq_jitter_us = (uint32_t)number(name, value);
        } else if (strcmp(name, "--chip") == 0) {
            if (!kind_choose(value)) {
                usage("no such chip:", value);
            }
        } else if (strcmp(name, "--psram") == 0) {
            if (!kind_set_psram(value)) {
                usage("no such PSRAM:", value);
            }
        } else if (strcmp(name, "--persist-fd") == 0) {
            options.persist_fd = (int)number(name, value);
        } else {
            usage("unknown option", name);
        }
    }
    if (options.flash_path == NULL || P.link_fd < 0) {
        usage("needed:", "--flash and --link-fd");
    }
    rng_seed(P.seed);
}
