// machine.UART.
#ifndef INCLUDED_MACHINE_UART_PORT_H
#define INCLUDED_MACHINE_UART_PORT_H

void machine_uart_deinit_all(void);

#endif // INCLUDED_MACHINE_UART_PORT_H
