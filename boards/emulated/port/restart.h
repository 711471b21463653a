// A reset of the chip as a new incarnation of the process.
#ifndef INCLUDED_RESTART_H
#define INCLUDED_RESTART_H

#include "board.h"

void restart_set_arguments(char **argv);
void restart_load(int fd);
BOARD_NORETURN void restart(void);

#endif // INCLUDED_RESTART_H
