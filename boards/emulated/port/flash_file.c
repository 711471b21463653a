// The file behind the flash, mapped at a fixed address.

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board.h"
#include "flash_file.h"

#if BOARD_ASAN
#define FLASH_ADDRESS   ((void *)0x60000000)
#else
#define FLASH_ADDRESS   ((void *)0x30000000)
#endif

uint8_t *flash_memory;
uint32_t flash_size;

static void die(const char *path) {
    perror(path);
    _exit(2);
}

void flash_file_open(const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        die(path);
    }
    if (st.st_size == 0 || st.st_size % FLASH_SECTOR != 0 || st.st_size > FLASH_MAX_SECTORS * FLASH_SECTOR) {
        fprintf(stderr, "emulated-board: %s: a flash file has whole sectors of 4096 bytes, at most 16 MiB\n", path);
        _exit(2);
    }
    if (flash_memory != NULL) {
        munmap(flash_memory, flash_size);
    }
    flash_size = (uint32_t)st.st_size;
    flash_memory = mmap(FLASH_ADDRESS, flash_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
    if (flash_memory == MAP_FAILED) {
        die("emulated-board: mmap of the flash");
    }
    close(fd);
    // Forked boards and their next incarnations use their own copy.
    setenv("SHEDGUARD_BOARD_FLASH", path, 1);
}

void flash_file_copy_to(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        die(path);
    }
    for (uint32_t done = 0; done < flash_size;) {
        ssize_t n = write(fd, flash_memory + done, flash_size - done);
        if (n <= 0) {
            die(path);
        }
        done += (uint32_t)n;
    }
    close(fd);
}
