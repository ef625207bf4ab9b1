"""nginx and Caddy of our own on loopback, with the files of config/deploy/ as they are but for ports and paths."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.support.servers import unused_port

DEPLOY = Path(__file__).parent.parent.parent / "config" / "deploy"
SITE, ADMIN = "papers.example.org", "papers-admin.example.org"


def tool(name: str) -> str:
    """Where it is. A tool that is missing is a failure: .ci/outside installs them."""
    own = Path(os.environ.get("DIGEST_OUTSIDE", "/nonexistent")) / "tools" / "bin"
    found = shutil.which(name, path=f"{own}:{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is not installed: .ci/outside installs what these tests need"
    return found


class Proxy:
    """https in front of two ports: that of the pages, and that of the admin, who is ada with the password `secret`."""

    def __init__(self, folder: Path, *, pages: int, admin: int) -> None:
        self.folder, self._pages, self._admin = folder, pages, admin
        with ExitStack() as held:
            self.http, self.https = (held.enter_context(unused_port()) for _ in range(2))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Proxy:
        self.folder.mkdir()
        names = f"subjectAltName=DNS:{SITE},DNS:{ADMIN}"
        made = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -keyout key.pem -out cert.pem"
        command = [tool("openssl"), *made.split(), "-subj", f"/CN={SITE}", "-addext", names]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        with (self.folder / "said").open("wb") as said:
            self._process = subprocess.Popen(
                self.command(), stdout=said, stderr=said, env=os.environ | {"HOME": str(self.folder)}
            )
        until = time.monotonic() + 20
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.https), 1):
                return self
            time.sleep(0.05)
        raise AssertionError(self.logs())

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def command(self) -> list[str]:
        """Writes its config, and says how it is started."""
        raise NotImplementedError

    def logs(self) -> str:
        """All that it wrote into any log."""
        files = (self.folder / "said", *self.folder.glob("*.log"))
        return "".join(file.read_text() for file in files)

    def _ported(self, text: str) -> str:
        for known, ours in (("127.0.0.1:8000", self._pages), ("127.0.0.1:8001", self._admin)):
            assert known in text
            text = text.replace(known, f"127.0.0.1:{ours}")
        return text


class Nginx(Proxy):
    def command(self) -> list[str]:
        text = self._ported((DEPLOY / "nginx.conf").read_text() + (DEPLOY / "nginx-admin.conf").read_text())
        for there, here in (
            ("    listen [::]:80;\n", ""),
            ("    listen [::]:443 ssl;\n", ""),
            ("listen 80;", f"listen 127.0.0.1:{self.http};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{self.https} ssl;"),
            ("/var/log/nginx/", f"{self.folder}/"),
            ("/etc/nginx/papers-admin.htpasswd", f"{self.folder}/htpasswd"),
            *(
                (f"/etc/letsencrypt/live/{name}/{theirs}", f"{self.folder}/{ours}")
                for name in (SITE, ADMIN)
                for theirs, ours in (("fullchain.pem", "cert.pem"), ("privkey.pem", "key.pem"))
            ),
        ):
            assert there in text, there
            text = text.replace(there, here)
        (self.folder / "htpasswd").write_text("ada:{PLAIN}secret\n")
        user = "user root;" if os.geteuid() == 0 else ""  # whose folder this is
        (self.folder / "nginx.conf").write_text(
            f"daemon off; {user} pid {self.folder}/pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {self.folder}/bodies;\n{text} }}\n"
        )
        known = [tool("nginx"), "-e", "stderr", "-c", str(self.folder / "nginx.conf")]
        judged = subprocess.run([*known, "-t"], capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stderr
        assert "warn" not in judged.stderr
        return known


class Caddy(Proxy):
    def command(self) -> list[str]:
        caddy = tool("caddy")
        parts = [(DEPLOY / name).read_text() for name in ("Caddyfile", "Caddyfile.admin")]
        for part in parts:
            tidy = subprocess.run([caddy, "fmt", "-"], input=part, capture_output=True, text=True, check=True)
            assert tidy.stdout == part
        text = self._ported("\n".join(parts))
        password = subprocess.run(
            [caddy, "hash-password", "--plaintext", "secret"], capture_output=True, text=True, check=True
        )
        line = next(line for line in text.splitlines() if line.startswith("\t\tada "))
        for there, here in (
            (
                "\n{\n",
                f"\n{{\n\tadmin off\n\thttp_port {self.http}\n\thttps_port {self.https}\n\tdefault_bind 127.0.0.1\n",
            ),
            (f"https://{SITE} {{\n", f"https://{SITE} {{\n\ttls {self.folder}/cert.pem {self.folder}/key.pem\n"),
            (f"https://{ADMIN} {{\n", f"https://{ADMIN} {{\n\ttls {self.folder}/cert.pem {self.folder}/key.pem\n"),
            (line, f"\t\tada {password.stdout.strip()}"),
        ):
            assert there in text, there
            text = text.replace(there, here)
        (self.folder / "Caddyfile").write_text(text)
        known = ["--adapter", "caddyfile", "--config", str(self.folder / "Caddyfile")]
        judged = subprocess.run([caddy, "validate", *known], capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stderr
        return [caddy, "run", *known]
