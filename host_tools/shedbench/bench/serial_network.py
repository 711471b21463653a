"""UART0 on TCP: RFC 2217 on the loopback interface, for any number of clients that share one line."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from shedbench.rom_loader.com_port import Adapter, ComPort

HOST: Final = "127.0.0.1"
_CHUNK: Final = 4096
_MAX_CLIENTS: Final = 8
_MAX_WAITING: Final = 1 << 20


class Client:
    """One connection. ``dropped`` counts bytes that it did not read in time."""

    def __init__(self, connection: socket.socket, adapter: Adapter) -> None:
        self.connection = connection
        self.waiting = bytearray()
        self.dropped = 0
        self._kept = bytearray()
        self.port = ComPort(adapter, self._queue)

    def output(self, data: bytes) -> None:
        """Queue characters from the board."""
        if len(self.waiting) + len(self._kept) > _MAX_WAITING:
            self.dropped += len(data)
        elif self.port.suspended:
            self._kept += data
        else:
            self.port.data(data)

    def take(self) -> bytes | None:
        """The data it has sent; None when it has disconnected."""
        try:
            chunk = self.connection.recv(_CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        if not chunk:
            return None
        data = self.port.feed(chunk)
        if self._kept and not self.port.suspended:
            kept, self._kept = bytes(self._kept), bytearray()
            self.port.data(kept)
        return data

    def flush(self) -> None:
        """Send what it accepts. A disconnect shows at the next read."""
        try:
            del self.waiting[: self.connection.send(self.waiting)]
        except BlockingIOError:
            pass
        except OSError:
            self.waiting.clear()

    def _queue(self, raw: bytes) -> None:
        self.waiting += raw
        self.flush()


class Network:
    """Listens at ``port`` (0: any free one). ``received`` gets what clients send; ``left`` is called when the last one has disconnected."""

    def __init__(self, adapter: Adapter, received: Callable[[bytes], None], left: Callable[[], None], port: int = 0) -> None:
        self.clients: list[Client] = []
        self._adapter = adapter
        self._received = received
        self._left = left
        self._listener = socket.create_server((HOST, port), backlog=_MAX_CLIENTS)
        self._listener.setblocking(False)
        self.url = f"rfc2217://{HOST}:{self._listener.getsockname()[1]}"

    def readers(self, has_room: bool) -> list[socket.socket]:
        """Sockets to read from; those of clients only if there ``has_room`` for their data."""
        listener = [self._listener] if len(self.clients) < _MAX_CLIENTS else []
        return listener + ([client.connection for client in self.clients] if has_room else [])

    def writers(self) -> list[socket.socket]:
        """Sockets with data waiting to be sent."""
        return [client.connection for client in self.clients if client.waiting]

    def serve(self, readable: set[object], writable: set[object]) -> None:
        """Serve the sockets that are ready."""
        if self._listener in readable:
            self._accept()
        for client in list(self.clients):
            if client.connection in writable:
                client.flush()
            if client.connection not in readable:
                continue
            data = client.take()
            if data is None:
                self._remove(client)
            elif data:
                self._received(data)

    def output(self, data: bytes) -> None:
        """Send characters from the board to every client."""
        for client in self.clients:
            client.output(data)

    def close(self) -> None:
        """End every connection."""
        for client in self.clients:
            client.connection.close()
        self.clients.clear()
        self._listener.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.clients.append(Client(connection, self._adapter))

    def _remove(self, client: Client) -> None:
        client.connection.close()
        self.clients.remove(client)
        if not self.clients:
            self._left()
