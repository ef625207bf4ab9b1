"""Data export of an account, as a file for config/subscribers/ (YAML) and as JSON (GDPR, article 20)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from digest.config import yaml_file as files
from digest.config.subscriber_yaml import subscriber_from
from digest.config.yaml_writer import to_yaml
from digest.errors import ConfigError
from digest.store import ReaderDocument
from digest.subscriptions import Subscriber
from digest.website.account_base import AccountView


class ExportView(AccountView):
    """`/me/TOKEN/export.yaml` and `/me/TOKEN/export.json`."""

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/me/{token}/export.yaml", self.yaml, methods=["GET"]),
            Route("/me/{token}/export.json", self.json, methods=["GET"]),
        ]

    def yaml(self, request: Request) -> Response:
        """The reader's config file; data that has no key there follows as comments."""
        reader = self.account_reader(request)
        remarks = ["", "What you have said, and what you were sent:", *_comment_lines(self._record(reader))]
        text = to_yaml(self._document(reader), remarks)
        return _download(text, "yaml", "application/yaml")

    def json(self, request: Request) -> Response:
        reader = self.account_reader(request)
        everything = {"reader": self._document(reader)} | self._record(reader)
        return _download(json.dumps(everything, ensure_ascii=False, indent=2) + "\n", "json", "application/json")

    def _document(self, reader: Subscriber) -> ReaderDocument:
        """The reader's document with the pause in force."""
        document = {key: value for key, value in self._written(reader).items() if key != "pause"}
        pause = {"pause": {"until": reader.pause_until.isoformat()}} if reader.pause_until else {}
        ordered = ("email", "name", "timezone", "language", "format")
        return {key: document.pop(key) for key in ordered if key in document} | pause | document

    def _written(self, reader: Subscriber) -> ReaderDocument:
        """The document as signed up, or as the config file has it."""
        if (document := self.signup_document(reader)) is not None:
            return document
        data = files.read_yaml(self.app().config.folder / "subscribers" / f"{reader.id}.yaml").data
        try:
            document = dict(data) if isinstance(data, dict) else {}
            subscriber_from(reader.id, document, self.app().config.language)
        except ConfigError:  # being edited or deleted: use what was last read
            return _document_of(self.reader_as_written(reader))
        return document

    def _record(self, reader: Subscriber) -> dict[str, Any]:
        """Feedback, unsubscribes and sent issues of the reader."""
        store = self.app().store
        preferences = store.preferences.get(reader.id)
        answers = store.answers.of_readers([reader.id])
        why = self.suppression(reader)
        left = [name for _, name in store.unsubscribes.list_all(reader.id)]
        return {
            "id": reader.id,
            "suppressed": {"since": why.since.isoformat(), "reason": why.reason} if why else None,
            "left": sorted(left),
            "muted": list(preferences.mutes.get(reader.id, ())),
            "answers": [
                {"name": name, "paper": key, "theirs": theirs}
                for (_, name), said in sorted(answers.items())
                for key, theirs in said
            ],
            "opinions": [
                {"paper": each.paper, "more": each.more, "at": each.at.isoformat()}
                for each in store.preferences.opinions(reader.id)
            ],
            "issues": [
                {
                    "subscription": issue.subscription,
                    "kind": issue.kind,
                    "slot": issue.slot,
                    "number": issue.number,
                    "at": issue.created.isoformat(),
                    "papers": list(issue.papers),
                }
                for issue in store.issues.latest(reader.id, None, letters=True)
            ],
        }


def _comment_lines(record: dict[str, Any]) -> Iterator[str]:
    """The record as lines of YAML."""
    for key, value in record.items():
        if not isinstance(value, list) or not value:
            yield f"{key}: {json.dumps(value, ensure_ascii=False)}"
            continue
        yield f"{key}:"
        for each in value:
            yield f"  - {json.dumps(each, ensure_ascii=False)}"


def _document_of(reader: Subscriber) -> ReaderDocument:
    """A document made from the reader in memory, where the config file cannot be read now."""
    return {
        "email": reader.email,
        "name": reader.name,
        "timezone": reader.timezone.key,
        "language": reader.language,
        "format": reader.format,
        "subscriptions": [
            {
                "name": each.name,
                "when": str(each.when),
                "rules": [rule.author or rule.query.text for rule in each.rules],
            }
            for each in reader.subscriptions
        ],
    }


def _download(text: str, ending: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="morning-papers.{ending}"'}
    return Response(text.encode("utf-8", "replace"), headers=headers, media_type=f"{kind}; charset=utf-8")
