// machine.RTC, and what is left of it after a power loss.
#ifndef INCLUDED_MACHINE_RTC_H
#define INCLUDED_MACHINE_RTC_H

#include "py/obj.h"

extern const mp_obj_type_t machine_rtc_type;

void rtc_lost_power(void);

#endif // INCLUDED_MACHINE_RTC_H
