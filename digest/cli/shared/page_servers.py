"""The HTTP servers of `serve` and `run`: the readers' pages and the admin's, each on its configured socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.app import App


@contextmanager
def serve_pages(app: Callable[[], App]) -> Iterator[list[str]]:
    """Serve the pages of readers (`listen:`) and the admin's (`admin:`), as configured; yields a line for each.

    Raises DigestError if a socket is in use.
    """
    config, said = app().config, []
    with ExitStack() as stack:
        if config.listen and config.site:
            from digest.website import create_site
            from digest.website.serve import serve_in_thread

            stack.enter_context(serve_in_thread(create_site(app, clock=_now), *config.listen, proxies=config.proxies))
            said.append(f"serving {config.site} at {_spelled(*config.listen)}")
        if config.admin:
            from digest.website.admin import create_admin_site
            from digest.website.serve import serve_in_thread

            admin = create_admin_site(app, clock=_now)
            stack.enter_context(serve_in_thread(admin, *config.admin.listen, proxies=config.proxies))
            said.append(f"serving the admin's pages at {_spelled(*config.admin.listen)}")
        yield said


def _spelled(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _now() -> datetime:
    return datetime.now(UTC)
