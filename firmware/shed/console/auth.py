"""Who may change something from the console: HMAC with the site's key, or somebody's presence with a card or the key switch (console.md).

Hazard: a stranger at the serial port. A nonce serves once, a wrong key costs time, presence is used up by one command.
"""

from binascii import hexlify
from hashlib import sha256
from time import ticks_diff

from micropython import const

CARD = const(1)
KEY_SWITCH = const(2)
HMAC = const(3)

_NONCE_MS = const(30000)
_PRESENCE_MS = const(60000)
_FIRST_LOCK_MS = const(1000)
_LONGEST_LOCK_MS = const(300000)
_BLOCK = const(64)


def hmac_sha256(key, message):
    """HMAC-SHA-256 (RFC 2104) of bytes with a key of at most 64 bytes."""
    key = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes(b ^ 0x36 for b in key))
    inner.update(message)
    outer = sha256(bytes(b ^ 0x5C for b in key))
    outer.update(inner.digest())
    return outer.digest()


class Auth:
    """key: maintenance key (b"" without a configuration: then only presence counts). random(n): n unpredictable bytes.

    `error`: why the last `authorise` refused, "auth" or "locked".
    """

    def __init__(self, key, random):
        self._key = key
        self._random = random
        self._nonce = None
        self._nonce_ms = 0
        self._present = 0
        self._present_ms = 0
        self._lock_ms = 0  # length of the running refusal, 0 none
        self._locked_ms = 0
        self._wrong = 0
        self.error = "auth"

    def step(self, now_ms):
        """Ends nonce, presence and refusal when their time is over. Call it at least once a minute."""
        if self._nonce is not None and not 0 <= ticks_diff(now_ms, self._nonce_ms) < _NONCE_MS:
            self._nonce = None
        if self._present and not 0 <= ticks_diff(now_ms, self._present_ms) < _PRESENCE_MS:
            self._present = 0
        if self._lock_ms and not 0 <= ticks_diff(now_ms, self._locked_ms) < self._lock_ms:
            self._lock_ms = 0

    def note_presence(self, kind, now_ms):
        """A maintenance card was tapped (CARD), or the key switch was turned on (KEY_SWITCH; at the turn, not while it stays on)."""
        self._present = kind
        self._present_ms = now_ms

    def challenge(self, now_ms):
        """A fresh nonce as 32 hex digits; it replaces an older one."""
        self._nonce = self._random(16)
        self._nonce_ms = now_ms
        return hexlify(self._nonce).decode()

    def authorise(self, message, mac, now_ms):
        """Whether a command may run: CARD, KEY_SWITCH or HMAC, or 0 with `error` set. message: verb and signed values, as text.

        mac: 32 hex digits, or None to go by presence. Uses the nonce, or the presence, up.
        """
        self.step(now_ms)
        self.error = "auth"
        if mac is None:
            by = self._present
            self._present = 0
            return by
        if self._lock_ms:
            self.error = "locked"
            return 0
        nonce = self._nonce
        self._nonce = None
        if nonce is None or not self._key or not isinstance(mac, str):
            return 0
        wanted = hexlify(hmac_sha256(self._key, nonce + message.encode())[:16]).decode()
        different = len(mac) ^ 32
        for i in range(min(32, len(mac))):
            different |= ord(mac[i]) ^ ord(wanted[i])
        if not different:
            self._wrong = 0
            return HMAC
        self._lock_ms = min(_FIRST_LOCK_MS << self._wrong, _LONGEST_LOCK_MS)
        self._wrong = min(self._wrong + 1, 9)
        self._locked_ms = now_ms
        return 0
