// The port's part of the machine module.
#ifndef INCLUDED_MODMACHINE_PORT_H
#define INCLUDED_MODMACHINE_PORT_H

void machine_init(void);
void machine_deinit(void);

#endif // INCLUDED_MODMACHINE_PORT_H
