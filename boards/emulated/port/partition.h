// esp32.Partition.
#ifndef INCLUDED_PARTITION_H
#define INCLUDED_PARTITION_H

#include "py/obj.h"

extern const mp_obj_type_t esp32_partition_type;

#endif // INCLUDED_PARTITION_H
