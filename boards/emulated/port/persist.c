// What outlives a reset of the chip. The next incarnation of the process gets it whole (restart.c).

#include "board.h"
#include "persist.h"

persist_t P;

void persist_begin(void) {
    P.link_fd = -1;
    P.cut_countdown = -1;
    P.enabled = true;
    for (unsigned int i = 0; i < N_GPIO; i++) {
        P.pin_in[i] = 2;
    }
}
