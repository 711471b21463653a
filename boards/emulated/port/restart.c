// A reset of the chip: a fresh process image, which gets what survives through a memfd, so that no other state of the old one leaks.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "inputs.h"
#include "persist.h"
#include "restart.h"

#define PERSIST_VERSION (1)
#define MAX_ARGUMENTS   (64)

static char *arguments[MAX_ARGUMENTS + 3];

// Keeps the command line for the next incarnation, without an old --persist-fd.
void restart_set_arguments(char **argv) {
    int n = 0;
    for (int i = 0; argv[i] != NULL && n < MAX_ARGUMENTS; i++) {
        if (strcmp(argv[i], "--persist-fd") == 0) {
            i++;
            continue;
        }
        arguments[n++] = argv[i];
    }
    arguments[n] = NULL;
}

static void die(const char *what) {
    perror(what);
    _exit(3);
}

void restart_load(int fd) {
    if (lseek(fd, 0, SEEK_SET) != 0 || read(fd, &P, sizeof(P)) != (ssize_t)sizeof(P) || P.version != PERSIST_VERSION) {
        die("emulated-board: state handed over by the last reset");
    }
    inputs_load(fd);
    close(fd);
}

void restart(void) {
    int fd = memfd_create("emulated-board", 0);
    P.version = PERSIST_VERSION;
    if (fd < 0 || write(fd, &P, sizeof(P)) != (ssize_t)sizeof(P)) {
        die("emulated-board: memfd");
    }
    inputs_save(fd);
    static char number[12];
    snprintf(number, sizeof(number), "%d", fd);
    int n = 0;
    while (arguments[n] != NULL) {
        n++;
    }
    arguments[n++] = "--persist-fd";
    arguments[n++] = number;
    arguments[n] = NULL;
    execv("/proc/self/exe", arguments);
    die("emulated-board: exec");
    abort();
}
