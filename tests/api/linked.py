"""What a patient does with a link: open its page, read it, press its button."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from scheduler.links.actions import Wanted, links_for
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work
from tests.builders import ClinicKit

Json = dict[str, Any]
ADDRESS = "shared@example.com"


def links_of(clinic: ClinicKit, session: Json, **where: str) -> dict[str, str]:
    """The links of a message about this session, made now."""
    known = {"channel": "email", "address": ADDRESS} | where
    with clinic.work() as work:
        return links_to(work.load(InfusionSession, UUID(session["id"])), work, **known)


def links_to(
    infusion_session: InfusionSession, work: Work, channel: str, address: str
) -> dict[str, str]:
    """Every link of one message about a session; their paths by purpose."""
    wanted = Wanted(
        session_id=infusion_session.id,
        patient_id=infusion_session.patient_id,
        time_version=infusion_session.time_version,
        starts_at=infusion_session.starts_at,
        channel=channel,
        address=address,
    )
    (paths,) = links_for(work, [wanted])
    return paths


def form_link(
    clinic: ClinicKit,
    session: Json,
    rule: str = "baseline",
    instrument: str = "phq9",
    channel: str = "email",
) -> str:
    """The path of a form that is asked for about this session, made now."""
    wanted = Wanted(
        session_id=UUID(session["id"]),
        patient_id=UUID(session["patient_id"]),
        time_version=session["time_version"],
        starts_at=datetime.fromisoformat(session["starts_at"]),
        channel=channel,
        address=ADDRESS,
        purposes=("check_in",),
        rule=rule,
        instrument=instrument,
    )
    with clinic.work() as work:
        (paths,) = links_for(work, [wanted])
    return paths["check_in"]


@dataclass
class Read(HTMLParser):
    """A page as a reader without a screen hears it."""

    html: str
    text: str = ""
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._skipped = 0
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def form(self) -> dict[str, str]:
        """What the button sends, before anything is chosen."""
        hidden = (each for each in self.all("input") if each["type"] == "hidden")
        return {str(each["name"]): str(each["value"]) for each in hidden}

    @property
    def starts(self) -> list[str]:
        """The times that can be chosen, as they are sent."""
        return [str(each["value"]) for each in self.all("input") if each["type"] == "radio"]


@dataclass
class Phone:
    """A patient's phone: it keeps no cookie and has no key."""

    app: Flask

    def open(self, path: str, method: str = "GET", **sent: Any) -> TestResponse:
        with self.app.app_context():
            return self.app.test_client(use_cookies=False).open(path, method=method, **sent)

    def read(self, path: str, status: int = 200) -> Read:
        answer = self.open(path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return Read(answer.get_data(as_text=True))

    def press(self, path: str, page: Read, **chosen: str) -> TestResponse:
        """Press the button of a page that was read before."""
        return self.open(path, "POST", data=page.form | chosen)

    def follow(self, path: str, **chosen: str) -> TestResponse:
        """Open the page and press its button."""
        return self.press(path, self.read(path), **chosen)


def said(answer: TestResponse) -> str:
    """The words of an answer, on one line."""
    return re.sub(r"\s+", " ", Read(answer.get_data(as_text=True)).text).strip()
