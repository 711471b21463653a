# The part of unittest that MicroPython's own tests use, for boards without a network to fetch micropython-lib's from.
# It ends with the lines by which the suite's runner knows a unittest.

import sys


class SkipTest(Exception):
    pass


class _Raises:
    def __init__(self, expected):
        self.expected = expected

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.exception = value
        if kind is None:
            raise AssertionError("no %r was raised" % self.expected)
        return issubclass(kind, self.expected)


class _SubTest:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return False


class TestCase:
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        pass

    def tearDown(self):
        pass

    def subTest(self, *args, **kwargs):
        return _SubTest()

    def skipTest(self, reason):
        raise SkipTest(reason)

    def fail(self, message=""):
        raise AssertionError(message)

    def _check(self, ok, message, default):
        if not ok:
            raise AssertionError(message or default)

    def assertEqual(self, first, second, msg=""):
        self._check(first == second, msg, "%r != %r" % (first, second))

    def assertNotEqual(self, first, second, msg=""):
        self._check(first != second, msg, "%r == %r" % (first, second))

    def assertLessEqual(self, first, second, msg=""):
        self._check(first <= second, msg, "%r > %r" % (first, second))

    def assertGreaterEqual(self, first, second, msg=""):
        self._check(first >= second, msg, "%r < %r" % (first, second))

    def assertAlmostEqual(self, first, second, places=7, msg="", delta=None):
        limit = delta if delta is not None else 0.5 * 10**-places
        self._check(abs(first - second) <= limit, msg, "%r is not near %r" % (first, second))

    def assertTrue(self, value, msg=""):
        self._check(value, msg, "%r is not true" % (value,))

    def assertFalse(self, value, msg=""):
        self._check(not value, msg, "%r is not false" % (value,))

    def assertIs(self, first, second, msg=""):
        self._check(first is second, msg, "%r is not %r" % (first, second))

    def assertIsNone(self, value, msg=""):
        self._check(value is None, msg, "%r is not None" % (value,))

    def assertIsInstance(self, value, kind, msg=""):
        self._check(isinstance(value, kind), msg, "%r is no %r" % (value, kind))

    def assertIn(self, value, container, msg=""):
        self._check(value in container, msg, "%r is not in %r" % (value, container))

    def assertRaises(self, expected, call=None, *args, **kwargs):
        context = _Raises(expected)
        if call is None:
            return context
        with context:
            call(*args, **kwargs)


def skip(reason):
    def decorate(method):
        def skipped(self):
            raise SkipTest(reason)

        return skipped

    return decorate


def skipIf(condition, reason):
    return skip(reason) if condition else (lambda method: method)


def skipUnless(condition, reason):
    return skipIf(not condition, reason)


def main(module="__main__"):
    ran = failures = errors = skipped = 0
    for case in list(__import__(module).__dict__.values()):
        if not (isinstance(case, type) and issubclass(case, TestCase)) or case is TestCase:
            continue
        case.setUpClass()
        for name in [name for name in dir(case) if name.startswith("test")]:
            ran += 1
            test = case()
            try:
                test.setUp()
                try:
                    getattr(test, name)()
                finally:
                    test.tearDown()
                print(name, "... ok")
            except SkipTest as reason:
                skipped += 1
                print(name, "... skipped:", reason)
            except AssertionError as error:
                failures += 1
                print(name, "... FAIL:", error)
            except Exception as error:
                errors += 1
                print(name, "... ERROR")
                sys.print_exception(error)  # pyright: ignore[reportAttributeAccessIssue]
        case.tearDownClass()
    print("-" * 70)
    print("Ran %d tests\n" % ran)
    if failures or errors:
        print("FAILED (failures=%d, errors=%d)" % (failures, errors))
    else:
        print("OK" + (" (skipped=%d)" % skipped if skipped else ""))
