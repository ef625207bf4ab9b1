"""Every golden letter to look at: `python -m tests.look [FOLDER]` writes its bytes, its text and its screenshots.

Screenshots (desktop, phone, dark phone) need chromium; $CHROMIUM names it where it is called otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tests.golden import GOLDEN, PRESS

_DARK = "--blink-settings=preferredColorScheme=0"
_VIEWS = (("desktop", 720, 1400, ()), ("phone", 360, 1400, ()), ("dark", 360, 1400, (_DARK,)))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    for name, letter in GOLDEN.items():
        stem = name.replace(" ", "-")
        parts, message = PRESS.parts(letter), PRESS(letter).message
        (folder / f"{stem}.eml").write_bytes(message)
        (folder / f"{stem}.txt").write_text(parts.text)
        page = folder / f"{stem}.html"
        page.write_text(parts.html or "")
        print(f"{sha256(message).hexdigest()[:16]}  {stem}  {len(message):,} bytes")  # noqa: T201 (that is its work)
        for view, width, height, more in _VIEWS if browser and parts.html else ():
            subprocess.run(
                [
                    str(browser),
                    "--headless",
                    "--no-sandbox",
                    "--hide-scrollbars",
                    f"--window-size={width},{height}",
                    f"--screenshot={folder / f'{stem}-{view}.png'}",
                    *more,
                    page.resolve().as_uri(),
                ],
                check=True,
                capture_output=True,
            )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "looks"))
