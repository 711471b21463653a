// The text of a panic on UART0.
#ifndef INCLUDED_CRASH_DUMP_H
#define INCLUDED_CRASH_DUMP_H

// The task watchdog's panic; returns when its last character has left.
void crash_dump_watchdog(void);

#endif // INCLUDED_CRASH_DUMP_H
