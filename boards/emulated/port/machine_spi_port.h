// machine.SPI.
#ifndef INCLUDED_MACHINE_SPI_PORT_H
#define INCLUDED_MACHINE_SPI_PORT_H

void machine_spi_forget(void);

#endif // INCLUDED_MACHINE_SPI_PORT_H
