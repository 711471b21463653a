"""What safety expects of others. For the type checker only: no board has this file."""

from typing import Protocol

class FaultSink(Protocol):
    """Hears each change of a fault once: kind 1 came, 0 is over, 2 cleared by a person. `service.books.Books._fault_changed` is one."""

    def __call__(self, kind, code, arg, /) -> object: ...
