"""O1 to O3: what needs a person is told to the owner, by a relay that works, else by the health of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import digest
from digest.website import create_site
from tests.support.journey import MORNING, World, write_config, write_reader
from tests.support.servers import MailServer, Reply, Says, WebServer
from tests.support.site_server import serve_on_socket
from tests.support.source_answers import daily, oai_error

pytestmark = pytest.mark.faults

DAY = timedelta(days=1)
FEED = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>A</title><item><title>A sound graph</title>'
    b"<guid>doi:10.1234/sound</guid><pubDate>Wed, 18 Nov 2026 00:00:00 GMT</pubDate></item></channel></rss>"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    routes: dict[str, Reply | list[Reply]] = {
        "/oai": Reply(200, oai_error("noRecordsMatch")),
        "/rss/cs.CL": Reply(200, daily([])),
        "/annals": Reply(200, FEED),
    }
    with WebServer(routes) as web, MailServer() as mail:
        config = tmp_path / "config"
        write_config(config, web.url, mail.port)
        with (config / "digest.yaml").open("a") as file:
            file.write("owner: Desk <desk@example.org>\ncontact: a@example.org\n")
        write_reader(config, "ada", "daily 07:30", "[graph]")
        yield World(folder=tmp_path, web=web, mail=mail)


def call(world: World, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(digest, ["--config", str(world.folder / "config"), *words])
    return result.exit_code, result.output


def once(world: World, now: datetime) -> None:
    call(world, "run", "--once", "--now", now.isoformat())


def notices(world: World) -> list[EmailMessage]:
    return world.letters().get("desk@example.org", [])


def ready(world: World, now: datetime) -> tuple[int, str]:
    with world.app() as app, serve_on_socket(create_site(lambda: app, clock=lambda: now)) as client:
        response = client.get("/readyz")
    return response.status_code, response.text


def test_o1_a_source_that_is_out_for_days_is_told_once_a_day_and_its_return_once(world: World) -> None:
    """By a job of cron, once a day; a single failure calls nobody."""
    once(world, MORNING - DAY)
    world.web.routes["/annals"] = [Reply(500)]
    once(world, MORNING)
    assert notices(world) == []
    once(world, MORNING + DAY)
    assert [each["Subject"] for each in notices(world)] == ["Morning Papers: one thing needs you"]
    text = str(notices(world)[0].get_content())
    assert "source feeds Annals since 2026-11-19 07:35 UTC: " in text
    assert "digest sources" in text
    once(world, MORNING + DAY + timedelta(hours=3))
    assert len(notices(world)) == 1
    assert ready(world, MORNING + DAY + timedelta(hours=4)) == (200, "ready\n")
    once(world, MORNING + 2 * DAY)
    assert len(notices(world)) == 2
    metrics = call(world, "metrics", "--now", (MORNING + 2 * DAY).isoformat())[1]
    assert 'digest_needs_person{kind="source"} 1.0' in metrics
    world.web.routes["/annals"] = [Reply(200, FEED)]
    once(world, MORNING + 3 * DAY)
    once(world, MORNING + 3 * DAY + timedelta(hours=3))
    assert [each["Subject"] for each in notices(world)[2:]] == ["Morning Papers: all is well again"]


def test_o2_a_relay_that_refuses_is_told_by_the_health_of_the_pages(world: World) -> None:
    """And by mail, as soon as it takes letters again."""
    world.mail.script["MAIL"] = [Says.line("530 5.7.0 Authentication required")] * 9
    once(world, MORNING)
    status, reasons = ready(world, MORNING + timedelta(minutes=1))
    assert (status, reasons.split(" since ")[0]) == (503, f"relay smtp://127.0.0.1:{world.mail.port}")
    assert "ada" not in reasons
    with world.app() as app:
        found = [each for each in app.service_findings(MORNING + timedelta(minutes=1)) if each.about == "owner"]
    assert [(each.outcome, each.words.split(" since ")[0]) for each in found] == [
        ("wrong", reasons.split(" since ")[0])
    ]
    del world.mail.script["MAIL"]
    once(world, MORNING + timedelta(hours=1))
    once(world, MORNING + timedelta(hours=2))
    subjects = [each["Subject"] for each in notices(world)]
    assert subjects == ["Morning Papers: one thing needs you", "Morning Papers: all is well again"]
    assert ready(world, MORNING + timedelta(hours=3)) == (200, "ready\n")


def test_o3_a_paper_and_a_template_that_were_set_aside_are_told(world: World) -> None:
    """Neither stops a letter; the owner reads of both, with the reasons, and the notice ends by itself."""
    templates = world.folder / "templates" / "letter"
    templates.mkdir(parents=True)
    (templates / "text.txt.j2").write_text("{{ letter.nothing.at.all }}", "utf-8")
    with (world.folder / "config" / "digest.yaml").open("a") as file:
        file.write(f"templates: {world.folder / 'templates'}\n")
    once(world, MORNING)
    assert len(world.letters()["ada@example.org"]) == 1
    [notice] = notices(world)
    assert f"template {templates / 'text.txt.j2'} since " in " ".join(str(notice.get_content()).split())
    (templates / "text.txt.j2").unlink()
    site = world.folder / "templates" / "site"
    site.mkdir()
    (site / "notice.html.j2").write_text("{{ nothing.at.all }}", "utf-8")
    with world.app() as app, serve_on_socket(create_site(lambda: app, clock=lambda: MORNING)) as client:
        assert "try again in a few minutes" in client.get("/unsubscribe/nobody").text
        told = {each.name for each in app.store.set_aside.list_all(MORNING - DAY)}
    assert told == {"site/notice.html.j2", str(templates / "text.txt.j2")}
    once(world, MORNING + DAY + timedelta(hours=1))
    assert [each["Subject"] for each in notices(world)[1:]] == ["Morning Papers: all is well again"]
