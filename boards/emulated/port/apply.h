// What the plant has sent, as the clock sees it.
#ifndef INCLUDED_APPLY_H
#define INCLUDED_APPLY_H

#include "devices.h"

extern const device_t inputs_device;

#endif // INCLUDED_APPLY_H
