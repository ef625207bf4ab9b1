"""Letters a second over one connection: our SMTP channel beside smtplib, to the same server on loopback."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from digest.channels.smtp import Smtp
from digest.delivery import Envelope

_LETTERS = 300
_ROUNDS = 5
_LINE = b"A line of a letter of common length, quoted-printable, with .dots and =C3=A9.\r\n"
_LETTER = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: Papers\r\n\r\n" + _LINE * 450  # 36 KB

# In a process of its own, so that the figures are the senders' alone.
_SINK = """
import socket
replies = {
    b"EHLO": b"250-sink\\r\\n250-SIZE 0\\r\\n250 PIPELINING\\r\\n",
    b"DATA": b"354 go\\r\\n",
    b"QUIT": b"221 bye\\r\\n",
}
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"220 sink\\r\\n")
    data, body = b"", False
    while True:
        new = connection.recv(1 << 18)
        if not new:
            break
        data += new
        out = b""
        while True:
            if body:
                end = data.find(b"\\r\\n.\\r\\n")
                if end < 0:
                    break
                data, body = data[end + 5:], False
                out += b"250 ok\\r\\n"
                continue
            line, found, rest = data.partition(b"\\r\\n")
            if not found:
                break
            data = rest
            verb = line[:4].upper()
            body = verb == b"DATA"
            out += replies.get(verb, b"250 ok\\r\\n")
        connection.sendall(out)
"""


def run() -> dict[str, object]:
    """The best of several rounds, taken by turns: what the machine does beside slows both alike."""
    with _sink() as port:
        ours = smtplibs = 0.0
        for _ in range(_ROUNDS):
            ours = max(ours, _rate(lambda: _ours(port)))
            smtplibs = max(smtplibs, _rate(lambda: _smtplib(port)))
    return {
        "letters": _LETTERS,
        "bytes": len(_LETTER),
        "ours_per_s": ours,
        "smtplib_per_s": smtplibs,
        "ratio": ours / smtplibs,
    }


def _rate(send: Callable[[], None]) -> float:
    begin = time.perf_counter()
    send()
    return _LETTERS / (time.perf_counter() - begin)


def _ours(port: int) -> None:
    envelope = Envelope(
        sender="a@example.org", recipient="b@example.org", message=_LETTER, message_id="<1@example.org>"
    )
    with Smtp(f"smtp://127.0.0.1:{port}") as channel:
        for _ in range(_LETTERS):
            channel.send(envelope, lambda: None)


def _smtplib(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for _ in range(_LETTERS):
            client.sendmail("a@example.org", ["b@example.org"], _LETTER)


@contextmanager
def _sink() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", _SINK], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()
