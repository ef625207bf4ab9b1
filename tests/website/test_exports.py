"""The data export of an account: complete, and readable as a config file by the service."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.app import App, load
from digest.config.subscriber_yaml import subscriber_from
from tests.support.site_data import ADA, CONFIG, HOSTILE, ada_of, path_of
from tests.support.store_samples import NOW, SLOT


def exported(app: App, web: httpx.Client, ending: str, reader: str | None = None) -> httpx.Response:
    owner = app.reader(reader) if reader else ada_of(app)
    assert owner
    answer = web.get(f"{path_of(app.letters.links.page(owner, now=NOW))}/export.{ending}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="morning-papers.{ending}"'
    assert answer.headers["Cache-Control"] == "no-store"
    return answer


def say_things(app: App) -> None:
    store, ada = app.store, ada_of(app)
    store.preferences.pause(ada.id, date(2026, 12, 24), now=NOW)
    store.preferences.mute(ada.id, "dense\u2028email: evil@example.org", now=NOW)
    store.answers.save(ada.id, "Yunhua Zhou", "arxiv:2611.00003", False, now=NOW)
    store.preferences.save_opinion(ada.id, "arxiv:2611.00002", True, now=NOW)
    store.unsubscribes.add(ada.id, "At once", "so", now=NOW)
    store.suppressions.add("ada@example.org", "550 no", now=NOW)


def test_a_reader_who_signed_up_can_be_moved_into_a_file(app: App, web: httpx.Client, tmp_path: Path) -> None:
    say_things(app)
    place = tmp_path / "elsewhere"
    (place / "subscribers").mkdir(parents=True)
    (place / "digest.yaml").write_text(CONFIG)
    (place / "subscribers" / "ada.yaml").write_bytes(exported(app, web, "yaml").content)
    [read] = load(place, env={}).subscribers
    assert read == subscriber_from("ada", ADA | {"pause": {"until": "2026-12-24"}}, "en")


def test_the_yaml_has_the_rest_as_remarks(app: App, web: httpx.Client) -> None:
    say_things(app)
    text = exported(app, web, "yaml").text
    for words in ("dense", "2611.00003", "2611.00002", "left:", "At once", "550 no", SLOT, "2026-11-19T07:30"):
        assert any(line.startswith("#") and words in line for line in text.splitlines()), words


def test_the_json_has_everything_as_values(app: App, web: httpx.Client) -> None:
    say_things(app)
    found: dict[str, Any] = json.loads(exported(app, web, "json").content)
    assert found["reader"] == ADA | {"pause": {"until": "2026-12-24"}}
    assert found["muted"] == ["dense\u2028email: evil@example.org"]
    assert found["answers"] == [{"name": "Yunhua Zhou", "paper": "arxiv:2611.00003", "theirs": False}]
    assert found["opinions"] == [{"paper": "arxiv:2611.00002", "more": True, "at": NOW.isoformat()}]
    assert found["left"] == ["At once"]
    assert found["suppressed"] == {"since": NOW.isoformat(), "reason": "550 no"}
    assert [(each["subscription"], each["slot"], each["papers"]) for each in found["issues"]] == [
        (HOSTILE, SLOT, ["arxiv:2611.00003", "arxiv:2611.00001", "arxiv:2611.00002"]),
        (HOSTILE, "2026-11-19T07:30", ["arxiv:2611.00004"]),
    ]
    assert subscriber_from("ada", found["reader"], "en").subscriptions[0].name == HOSTILE


def test_a_reader_of_a_file_takes_along_what_is_known(app: App, web: httpx.Client) -> None:
    app.store.preferences.mute("ben", "quantum", now=NOW)
    app.store.preferences.pause("ben", None, now=NOW)
    found = json.loads(exported(app, web, "json", "ben").content)
    assert found["reader"]["subscriptions"] == [{"name": "Dense", "when": "daily 07:30", "rules": ["dense OR sparse"]}]
    assert "pause" not in found["reader"]
    assert found["muted"] == ["quantum"]
    assert len(found["issues"]) == 1


@pytest.mark.parametrize("text", [None, "{", "email: x", "email: ben@example.org\nbosh: 1\n"])
def test_a_file_that_is_being_edited_does_not_stand_in_the_way(
    app: App, web: httpx.Client, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "subscribers" / "ben.yaml"
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    found = json.loads(exported(app, web, "json", "ben").content)["reader"]
    assert (found["email"], found["pause"]) == ("ben@example.org", {"until": "2026-12-24"})
    assert found["subscriptions"][0]["rules"] == ["dense OR sparse"]
