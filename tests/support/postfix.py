"""Postfix's own programs for tests: smtp-sink with its faults, and a whole Postfix in a folder of its own."""

from __future__ import annotations

import os
import pwd
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.servers import unused_port

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
daemon_directory = {daemons}
command_directory = {commands}
meta_directory = {meta}
shlib_directory = {library}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
disable_dns_lookups = yes
smtp_host_lookup = native
relayhost = [127.0.0.1]:{onward}
smtputf8_enable = no
smtp_tls_security_level = none
smtpd_tls_security_level = none
virtual_mailbox_domains = house.example
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:bounces/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
recipient_delimiter =
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
maximal_queue_lifetime = 8s
bounce_queue_lifetime = 8s
delay_warning_time = 0
notify_classes =
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def installed(program: str) -> str:
    """Where it is. Where .ci/outside runs it must be there; elsewhere the test is skipped without it."""
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and "DIGEST_OUTSIDE" not in os.environ:
        pytest.skip(f"{program} is not installed; the tests against scripted servers stand in, and .ci/outside has it")
    assert found, f"{program} is not installed: .ci/outside installs what these tests need"
    return found


@contextmanager
def smtp_sink(*flags: str) -> Iterator[int]:
    """Postfix's test server with these flags; its port."""
    program = installed("smtp-sink")
    with unused_port() as port:
        pass
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([program, *user, *flags, f"127.0.0.1:{port}", "100"]) as process:
        try:
            _until_it_listens(port, process)
            yield port
        finally:
            process.kill()


@contextmanager
def unheard(port: int) -> Iterator[int]:
    """A wire to a relay, for one connection, that breaks once the relay has answered the dot; nobody hears that."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = threading.Thread(target=_unheard, args=(listener, port), daemon=True)
        wire.start()
        yield listener.getsockname()[1]
    wire.join(20)


def _unheard(listener: socket.socket, port: int) -> None:
    client, _ = listener.accept()
    said = b""
    with client, socket.create_connection(("127.0.0.1", port), 20) as server:
        while True:
            for each in select.select([client, server], [], [], 20)[0]:
                data = each.recv(65_536)
                ended = said.endswith(b"\r\n.\r\n")
                if not data or (each is server and ended):
                    return
                said = (said + data)[-5:] if each is client else said
                (server if each is client else client).sendall(data)


def _until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("it does not listen")


class Postfix:
    """Takes letters on one port and hands them on to another; what bounces lies in its Maildir."""

    def __init__(self, onward: int, *settings: str) -> None:
        self._program = installed("postfix")
        if os.geteuid() != 0:
            pytest.skip("Postfix is started by root alone; the tests against scripted servers stand in")
        self._onward = onward
        self._settings = settings

    def __enter__(self) -> Postfix:
        with unused_port() as port:
            self.port = port
        self.folder = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.folder.chmod(0o755)
        owner = pwd.getpwnam("postfix")
        for name, user in (("queue", 0), ("data", owner.pw_uid), ("bounces", 65_534)):
            (self.folder / name).mkdir(mode=0o755)
            os.chown(self.folder / name, user, owner.pw_gid if name == "data" else 0)
        known = {
            name: self._default(name)
            for name in ("daemon_directory", "command_directory", "meta_directory", "shlib_directory")
        }
        config = self.folder / "config"
        config.mkdir()
        (config / "main.cf").write_text(
            _MAIN.format(
                folder=self.folder,
                onward=self._onward,
                daemons=known["daemon_directory"],
                commands=known["command_directory"],
                meta=known["meta_directory"],
                library=known["shlib_directory"],
            )
            + "".join(f"{setting}\n" for setting in self._settings)
        )
        (config / "master.cf").write_text(_MASTER.format(port=self.port))
        done = subprocess.run([self._program, "-c", str(config), "start"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + self.log()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            time.sleep(0.1)
        raise AssertionError(self.log())

    def __exit__(self, *_: object) -> None:
        subprocess.run([self._program, "-c", str(self.folder / "config"), "stop"], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _default(name: str) -> str:
        return subprocess.run(
            [installed("postconf"), "-dh", name], capture_output=True, text=True, check=True
        ).stdout.strip()

    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text() if file.exists() else ""

    @property
    def bounces(self) -> list[bytes]:
        found = [path for part in ("new", "cur") for path in (self.folder / "bounces" / part).glob("*")]
        return [path.read_bytes() for path in found]
