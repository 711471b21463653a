// Putting the pages of the key-value store in order.
#ifndef INCLUDED_NVS_RECOVERY_H
#define INCLUDED_NVS_RECOVERY_H

// Before every operation of the store: its pages are there and in order. NVS_OK, or NVS_NOT_INITIALIZED.
int nvs_load(void);

#endif // INCLUDED_NVS_RECOVERY_H
