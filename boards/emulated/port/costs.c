// Price of every opcode, by class, in CPU cycles. Relative prices: [est] from the work each opcode does in py/vm.c and
// py/runtime.c; the common scale (OPCODE_SCALE_PERCENT) is calibrated on pystone (hil_tests/board/test_costs.py).

#include "py/runtime0.h"
#include "py/bc0.h"
#include "board.h"

#define OPCODE_SCALE_PERCENT (110)
#define C(cycles) ((uint16_t)((cycles) * OPCODE_SCALE_PERCENT / 100))

enum {
    MOVE = 220,          // load or store a local, a constant, a stack shuffle: inside the VM's loop
    NAME = 420,         // load a global or a name: one map lookup
    STORE_NAME = 500,   // store a global or a name
    ATTR = 500,        // load an attribute or a method: type dispatch and lookups, code in cached flash
    STORE_ATTR = 650,  // store an attribute
    SUBSCR = 1000,       // index a container
    OPERATOR = 850,     // unary and binary operators, small integers mostly
    JUMP = 300,         // a taken or untaken branch
    ITER = 450,         // advance an iterator
    CALL = 650,        // argument set-up and dispatch of a call; COST_FRAME comes on top for a Python function
    BUILD = 900,       // build a container or a function: allocates
    EXCEPT = 200,       // set up or leave an exception or with block
    RAISE = 1500,       // raise: unwinding and traceback
    YIELD = 300,
    IMPORT = 12000,
};

const uint16_t mp_opcode_cost[256] = {
    [0 ... 255] = C(MOVE),
    [MP_BC_LOAD_NAME] = C(NAME),
    [MP_BC_LOAD_GLOBAL] = C(NAME),
    [MP_BC_LOAD_ATTR] = C(ATTR),
    [MP_BC_LOAD_METHOD] = C(ATTR),
    [MP_BC_LOAD_SUPER_METHOD] = C(ATTR * 2),
    [MP_BC_LOAD_BUILD_CLASS] = C(NAME),
    [MP_BC_LOAD_SUBSCR] = C(SUBSCR),
    [MP_BC_STORE_NAME] = C(STORE_NAME),
    [MP_BC_STORE_GLOBAL] = C(STORE_NAME),
    [MP_BC_STORE_ATTR] = C(STORE_ATTR),
    [MP_BC_STORE_SUBSCR] = C(SUBSCR),
    [MP_BC_DELETE_NAME] = C(STORE_NAME),
    [MP_BC_DELETE_GLOBAL] = C(STORE_NAME),
    [MP_BC_UNWIND_JUMP] = C(EXCEPT),
    [MP_BC_JUMP] = C(JUMP),
    [MP_BC_POP_JUMP_IF_TRUE] = C(JUMP),
    [MP_BC_POP_JUMP_IF_FALSE] = C(JUMP),
    [MP_BC_JUMP_IF_TRUE_OR_POP] = C(JUMP),
    [MP_BC_JUMP_IF_FALSE_OR_POP] = C(JUMP),
    [MP_BC_SETUP_WITH] = C(EXCEPT + ATTR * 2),
    [MP_BC_SETUP_EXCEPT] = C(EXCEPT),
    [MP_BC_SETUP_FINALLY] = C(EXCEPT),
    [MP_BC_POP_EXCEPT_JUMP] = C(EXCEPT),
    [MP_BC_FOR_ITER] = C(ITER),
    [MP_BC_WITH_CLEANUP] = C(EXCEPT + CALL),
    [MP_BC_END_FINALLY] = C(EXCEPT),
    [MP_BC_GET_ITER] = C(BUILD),
    [MP_BC_GET_ITER_STACK] = C(ITER),
    [MP_BC_BUILD_TUPLE] = C(BUILD),
    [MP_BC_BUILD_LIST] = C(BUILD),
    [MP_BC_BUILD_MAP] = C(BUILD),
    [MP_BC_STORE_MAP] = C(SUBSCR),
    [MP_BC_BUILD_SET] = C(BUILD),
    [MP_BC_BUILD_SLICE] = C(BUILD),
    [MP_BC_STORE_COMP] = C(SUBSCR),
    [MP_BC_UNPACK_SEQUENCE] = C(OPERATOR),
    [MP_BC_UNPACK_EX] = C(BUILD),
    [MP_BC_RETURN_VALUE] = C(JUMP),
    [MP_BC_RAISE_LAST] = C(RAISE),
    [MP_BC_RAISE_OBJ] = C(RAISE),
    [MP_BC_RAISE_FROM] = C(RAISE),
    [MP_BC_YIELD_VALUE] = C(YIELD),
    [MP_BC_YIELD_FROM] = C(YIELD),
    [MP_BC_MAKE_FUNCTION] = C(BUILD),
    [MP_BC_MAKE_FUNCTION_DEFARGS] = C(BUILD),
    [MP_BC_MAKE_CLOSURE] = C(BUILD),
    [MP_BC_MAKE_CLOSURE_DEFARGS] = C(BUILD),
    [MP_BC_CALL_FUNCTION] = C(CALL),
    [MP_BC_CALL_FUNCTION_VAR_KW] = C(CALL * 2),
    [MP_BC_CALL_METHOD] = C(CALL),
    [MP_BC_CALL_METHOD_VAR_KW] = C(CALL * 2),
    [MP_BC_IMPORT_NAME] = C(IMPORT),
    [MP_BC_IMPORT_FROM] = C(ATTR),
    [MP_BC_IMPORT_STAR] = C(IMPORT),
    [MP_BC_UNARY_OP_MULTI ... MP_BC_UNARY_OP_MULTI + MP_BC_UNARY_OP_MULTI_NUM - 1] = C(OPERATOR),
    [MP_BC_BINARY_OP_MULTI ... MP_BC_BINARY_OP_MULTI + MP_BC_BINARY_OP_MULTI_NUM - 1] = C(OPERATOR),
};
