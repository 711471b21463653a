// machine.I2C.
#ifndef INCLUDED_MACHINE_I2C_PORT_H
#define INCLUDED_MACHINE_I2C_PORT_H

void machine_i2c_forget(void);

#endif // INCLUDED_MACHINE_I2C_PORT_H
