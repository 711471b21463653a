"""CPython stand-in for MicroPython's `micropython` module, for unit tests of the pure firmware rooms only."""


def const(value):
    return value


def native(function):
    return function


viper = native


def opt_level(level=None):
    return 0


def alloc_emergency_exception_buf(size):
    pass


def heap_lock():
    return 1


def heap_unlock():
    return 0


def kbd_intr(character):
    pass


def schedule(function, argument):
    function(argument)
