// The esp32 module.
#ifndef INCLUDED_MODESP32_H
#define INCLUDED_MODESP32_H

void esp32_module_init(void);

#endif // INCLUDED_MODESP32_H
