"""A Dovecot of our own on loopback, with its config, its mail and its sockets in one folder."""

from __future__ import annotations

import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support.servers import unused_port
from tests.support.tls import TLS

_NOBODY = 65_534  # whose mail it is: Dovecot opens none of root's
_CONFIG = """\
base_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
auth_failure_delay = 0
mail_location = maildir:{folder}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
"""


class Dovecot:
    """Lets in anybody who knows the password, and gives all of them the same mail."""

    def __init__(self, password: str) -> None:
        self._program = shutil.which("dovecot")
        assert self._program, "dovecot is not installed: .ci/outside installs what these tests need"
        if os.geteuid() != 0:
            pytest.skip("dovecot changes its user, which root alone may do")
        self.password = password
        with ExitStack() as held:
            self.port, self.tls_port = (held.enter_context(unused_port()) for _ in range(2))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Dovecot:
        # a short path, for the sake of its sockets, and one that its users may enter
        self._folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self._folder.chmod(0o755)
        self.mail = self._folder / "mail"
        for part in (self.mail, *(self.mail / part for part in ("tmp", "new", "cur"))):
            part.mkdir(mode=0o700)
            os.chown(part, _NOBODY, _NOBODY)
        (self._folder / "conf").write_text(
            _CONFIG.format(
                folder=self._folder,
                certificate=TLS / "good.pem",
                password=self.password,
                uid=_NOBODY,
                port=self.port,
                tls_port=self.tls_port,
            )
        )
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)  # whoever was killed may be dying still

    def start(self) -> None:
        """Returns when it listens."""
        assert self._program
        self._process = subprocess.Popen([self._program, "-F", "-c", self._folder / "conf"], start_new_session=True)
        until = time.monotonic() + 10
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        log = self._folder / "log"
        raise AssertionError(log.read_text() if log.exists() else "dovecot does not start")

    def stop(self) -> None:
        """All its processes end at once, as when the power fails."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None

    def deliver(self, name: str, message: bytes, age: int = 0) -> None:
        """As a mail server does: written in tmp, moved to new."""
        draft = self.mail / "tmp" / name
        draft.write_bytes(message)
        os.chown(draft, _NOBODY, _NOBODY)
        os.utime(draft, (1_800_000_000 - age,) * 2)
        draft.rename(self.mail / "new" / name)

    def visit(self) -> imaplib.IMAP4:
        """Somebody else who reads the same mail."""
        other = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        other.authenticate("PLAIN", lambda _: f"\0somebody\0{self.password}".encode())
        return other
