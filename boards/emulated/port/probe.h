// The debug probe.
#ifndef INCLUDED_PROBE_H
#define INCLUDED_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void probe_schedule(const uint8_t *text, size_t len);
bool probe_capture(const char *str, size_t len);

#endif // INCLUDED_PROBE_H
