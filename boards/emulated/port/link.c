// The lock-step link to the plant: packets of records over a SOCK_SEQPACKET socket (docs/protocols/link.md).

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board.h"
#include "flash_file.h"
#include "inputs.h"
#include "link.h"
#include "persist.h"

#define LINK_VERSION    (1)
#define OUT_SIZE        (160 * 1024)
#define OUT_SOFT_LIMIT  (96 * 1024)
#define IN_SIZE         (1024 * 1024)

enum { KIND_HELLO = 1, KIND_SYNC = 2 };
enum { KIND_RUN = 1, KIND_FORK = 2, KIND_EXIT = 3 };

typedef struct __attribute__((packed)) {
    uint8_t version, kind;
    uint16_t count;
    uint32_t sequence;
    uint64_t time, wake;
} header_t;

typedef struct __attribute__((packed)) {
    uint8_t type, arg;
    uint16_t len;
    uint64_t at;
} record_t;

static uint8_t out[sizeof(header_t) + OUT_SIZE];
static size_t out_len;
static uint16_t out_count;
static uint8_t in[IN_SIZE];
static void (*put_held_back)(void);

static void BOARD_NORETURN link_fail(const char *what) {
    fprintf(stderr, "emulated-board: link: %s\n", what);
    _exit(2);
}

void link_emit(uint8_t type, uint8_t arg, uint64_t at, const void *payload, size_t len) {
    if (len > 65535) {
        len = 65535;
    }
    bool optional = type == REC_NOTE || type == REC_FLASH;
    if (optional && (out_len + len > OUT_SOFT_LIMIT || out_count > 4000)) {
        P.stats.notes_dropped++;
        return;
    }
    if (out_len + sizeof(record_t) + len > OUT_SIZE) {
        link_fail("too many records in one packet");
    }
    record_t r = { type, arg, (uint16_t)len, at };
    memcpy(out + sizeof(header_t) + out_len, &r, sizeof(r));
    if (len != 0) {
        memcpy(out + sizeof(header_t) + out_len + sizeof(r), payload, len);
    }
    out_len += sizeof(r) + len;
    out_count++;
}

void link_note(uint8_t level, const char *format, ...) {
    char text[240];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    link_emit(REC_NOTE, level, P.now, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void link_before_packet(void (*put)(void)) {
    put_held_back = put;
}

static void send_packet(uint8_t kind, uint64_t now, uint64_t wake) {
    header_t h = { LINK_VERSION, kind, out_count, P.tx_sequence++, now, wake };
    memcpy(out, &h, sizeof(h));
    size_t len = sizeof(h) + out_len;
    for (;;) {
        ssize_t n = send(P.link_fd, out, len, MSG_NOSIGNAL);
        if (n == (ssize_t)len) {
            break;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            _exit(0);
        }
        link_fail(strerror(errno));
    }
    out_len = 0;
    out_count = 0;
    P.stats.packets++;
}

static size_t receive(int *passed_fd) {
    union {
        struct cmsghdr align;
        char buf[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = { in, sizeof(in) };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
    ssize_t n;
    do {
        n = recvmsg(P.link_fd, &msg, 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno == ECONNRESET)) {
        _exit(0);
    }
    if (n < 0) {
        link_fail(strerror(errno));
    }
    if (msg.msg_flags & MSG_TRUNC) {
        link_fail("packet of more than 1 MiB");
    }
    *passed_fd = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        memcpy(passed_fd, CMSG_DATA(c), sizeof(int));
    }
    return (size_t)n;
}

// branch(): the child goes on from the parent's state, on its own socket and its own copy of the flash.
static bool fork_child(int socket_fd, const uint8_t *path, size_t path_len) {
    char name[1024];
    if (socket_fd < 0 || path_len == 0 || path_len >= sizeof(name)) {
        link_fail("FORK without a socket or a path");
    }
    memcpy(name, path, path_len);
    name[path_len] = 0;
    flash_file_copy_to(name);
    pid_t pid = fork();
    if (pid < 0) {
        link_fail("fork");
    }
    if (pid == 0) {
        // A grandchild, so that no zombie waits in a parent that never calls wait.
        if (fork() != 0) {
            _exit(0);
        }
        close(P.link_fd);
        P.link_fd = socket_fd;
        flash_file_open(name);
        return true;
    }
    close(socket_fd);
    waitpid(pid, NULL, 0);
    return false;
}

// Characters are due one by one, the first when it has arrived.
static uint64_t due_of(const record_t *r, const uint8_t *payload) {
    uint32_t char_ns = 0;
    if (r->type == REC_UART_RX && r->len > UART_RX_HEAD) {
        memcpy(&char_ns, payload, sizeof(char_ns));
    }
    return r->at + char_ns;
}

// Waits for RUN, serving FORKs; a forked child says HELLO and then waits for its own RUN.
static void await_run(uint64_t now, uint64_t wake) {
    for (;;) {
        int passed_fd;
        size_t len = receive(&passed_fd);
        header_t h;
        if (len < sizeof(h)) {
            link_fail("short packet");
        }
        memcpy(&h, in, sizeof(h));
        if (h.version != LINK_VERSION) {
            link_fail("unknown version");
        }
        if (h.kind == KIND_EXIT) {
            _exit(0);
        }
        bool forked = false;
        size_t offset = sizeof(h);
        for (unsigned int i = 0; i < h.count; i++) {
            record_t r;
            if (offset + sizeof(r) > len) {
                link_fail("record header is cut off");
            }
            memcpy(&r, in + offset, sizeof(r));
            offset += sizeof(r);
            if (offset + r.len > len) {
                link_fail("record payload is cut off");
            }
            if (r.type == REC_FLASH_COPY && h.kind == KIND_FORK) {
                forked = fork_child(passed_fd, in + offset, r.len);
            } else {
                inputs_queue(r.type, r.arg, r.at, due_of(&r, in + offset), in + offset, r.len);
            }
            offset += r.len;
        }
        if (offset != len) {
            link_fail("bytes behind the last record");
        }
        if (h.kind == KIND_RUN) {
            P.horizon = h.time;
            return;
        }
        if (h.kind != KIND_FORK) {
            link_fail("unknown kind");
        }
        if (forked) {
            send_packet(KIND_HELLO, now, wake);
        }
    }
}

void link_hello(void) {
    send_packet(KIND_HELLO, P.now, BOARD_NEVER);
    await_run(P.now, BOARD_NEVER);
}

void link_exchange(uint64_t now, uint64_t wake) {
    put_held_back();
    send_packet(KIND_SYNC, now, wake);
    await_run(now, wake);
}
