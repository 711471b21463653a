// The port's part of the os module: random bytes from the board's seeded generator.

#include "py/runtime.h"

static mp_obj_t mp_os_urandom(mp_obj_t num) {
    mp_int_t n = mp_obj_get_int(num);
    vstr_t vstr;
    vstr_init_len(&vstr, (size_t)n);
    for (mp_int_t i = 0; i < n; i++) {
        vstr.buf[i] = (char)rng_32();
    }
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mp_os_urandom_obj, mp_os_urandom);
