"""A fast mail server in a process of its own that writes down each letter it has read whole; it may be made to fail.

``python -m tests.chaos.sink LOG [--wait SECONDS] [--share 0.1 --seed 1]`` prints its port. With a share of faults it
answers that part of its commands with a fault of every passing kind, drawn by the seed.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

_HELLO = b"250-sink\r\n250-SIZE 0\r\n250-ENHANCEDSTATUSCODES\r\n250 PIPELINING\r\n"
_END = b"\r\n.\r\n"
_KEY = re.compile(rb"^Message-ID: (<\S+>)", re.MULTILINE)
_GREY = b"450 4.7.1 Greylisted, try again in 300 seconds\r\n"
_BUSY = b"451 4.3.2 too busy\r\n"
_DOWN = b"421 4.3.2 going down\r\n"
_JUNK = b"\x00\xff what?\r\n"
_LATE = 0.02
_FRIENDLY = {
    b"EHLO": _HELLO,
    b"MAIL": b"250 2.1.0 ok\r\n",
    b"RCPT": b"250 2.1.5 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}
_FAULTS: dict[bytes, tuple[bytes | None, ...]] = {  # None: it hangs up; what ends with 421 or junk hangs up too
    b"CONN": (None, _DOWN, b"554 5.3.2 not now\r\n", _JUNK),
    b"EHLO": (None, _DOWN, _BUSY),
    b"MAIL": (None, _DOWN, _BUSY, _JUNK),
    b"RCPT": (None, _DOWN, _BUSY, _GREY, _JUNK),
    b"DATA": (None, _DOWN, _BUSY),
    b"DOT.": (None, _DOWN, _BUSY, _GREY, b"250 2.0.0 ok\r\n250 2.0.0 ok\r\n"),
}


class _HangUp(Exception):
    pass


class _Sink:
    def __init__(self, log: Path, *, wait: float, share: float, seed: int) -> None:
        self._log = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        self._wait = wait
        self._share = share
        self._random = Random(seed)
        self._lock = threading.Lock()

    def serve(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        print(listener.getsockname()[1], flush=True)  # noqa: T201, whoever started it reads it
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, _HangUp):
            connection.sendall(self._says(b"CONN", b"220 sink\r\n"))
            data, body, wanted = b"", False, 0
            while new := connection.recv(1 << 18):
                data += new
                out = b""
                while True:
                    if body:
                        end = data.find(_END, wanted)
                        if end < 0:
                            wanted = max(0, len(data) - len(_END))
                            break
                        letter, data, body, wanted = data[:end], data[end + len(_END) :], False, 0
                        if out:
                            connection.sendall(out)
                            out = b""
                        out += self._take(connection, letter)
                        continue
                    line, found, rest = data.partition(b"\r\n")
                    if not found:
                        break
                    data = rest
                    verb = line[:4].upper()
                    said = self._say(connection, verb, _FRIENDLY.get(verb, b"250 2.0.0 ok\r\n"), out)
                    body = verb == b"DATA" and said.startswith(b"354")
                    out += said
                    if verb == b"QUIT":
                        connection.sendall(out)
                        raise _HangUp
                connection.sendall(out)

    def _take(self, connection: socket.socket, letter: bytes) -> bytes:
        """A letter that is refused is not written down; one after which it hangs up is."""
        said = self._fault(b"DOT.")
        if not said or said[:1] == b"2":  # read whole, and not refused
            found = _KEY.search(letter[:8_192])
            os.write(self._log, (found[1] if found else b"<no key>") + b"\n")
        if self._wait:
            time.sleep(self._wait)
        if said is None:
            raise _HangUp
        return self._said(connection, said or b"250 2.0.0 ok\r\n", b"")

    def _say(self, connection: socket.socket, verb: bytes, friendly: bytes, before: bytes) -> bytes:
        said = self._fault(verb)
        if said is None:
            connection.sendall(before)
            raise _HangUp
        return self._said(connection, said or friendly, before)

    def _says(self, verb: bytes, friendly: bytes) -> bytes:
        said = self._fault(verb)
        if said is None:
            raise _HangUp
        return said or friendly

    def _said(self, connection: socket.socket, said: bytes, before: bytes) -> bytes:
        if said in (_DOWN, _JUNK):
            connection.sendall(before + said)
            raise _HangUp
        return said

    def _fault(self, verb: bytes) -> bytes | None:
        """Empty: none this time."""
        if not self._share or verb not in _FAULTS:
            return b""
        with self._lock:
            return self._random.choice(_FAULTS[verb]) if self._random.random() < self._share else b""


@contextmanager
def sink(log: Path, *, wait: float = 0.0, share: float = 0.0, seed: int = 1) -> Iterator[int]:
    """One that runs meanwhile: its port."""
    command = [sys.executable, "-m", "tests.chaos.sink", str(log)]
    more = ["--wait", str(wait), "--share", str(share), "--seed", str(seed)]
    with subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True, cwd=_ROOT) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def arrived(log: Path) -> Counter[str]:
    """How often each Message-ID came."""
    return Counter(log.read_text("ascii").split()) if log.exists() else Counter()


_ROOT = Path(__file__).parents[2]


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--wait", type=float, default=0.0)
    parser.add_argument("--share", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    _Sink(given.log, wait=given.wait, share=given.share, seed=given.seed).serve()


if __name__ == "__main__":
    _main()
