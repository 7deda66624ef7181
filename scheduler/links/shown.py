"""What a link's page and its calendar file are made of."""

from datetime import timedelta

from scheduler.links import rules
from scheduler.links.actions import Opened, offers
from scheduler.links.calendar_file import calendar_file
from scheduler.links.rules_pages import Page, Told, page, plain_page
from scheduler.links.rules_text import LABELS, language_of
from scheduler.tenancy import Work


def page_of(work: Work, opened: Opened, token: str) -> Page:
    """The page of a link as it stands."""
    link, clinic, infusion_session = opened.link, opened.clinic, opened.infusion_session
    if opened.standing == "gone":
        return plain_page(404, "gone", clinic.neutral_name, clinic.phone)
    movable = link.purpose == "change" and opened.standing == "open"
    told = Told(
        purpose=link.purpose,
        standing=opened.standing,
        language=language_of(opened.patient.language),
        name=clinic.neutral_name,
        phone=clinic.phone,
        channel=link.channel,
        starts_at=infusion_session.starts_at,
        zone=work.zone,
        name_zone=opened.patient.time_zone not in (None, clinic.time_zone),
        starts=offers(work, infusion_session) if movable else (),
    )
    return page(told, rules.nonce(token, link.time_version, work.now), link.time_version)


def calendar_of(work: Work, opened: Opened) -> bytes:
    """The calendar file of a link's session: until when the patient stays."""
    infusion_session, clinic = opened.infusion_session, opened.clinic
    labels = LABELS[language_of(opened.patient.language)]
    stay = timedelta(minutes=infusion_session.observation_minutes)
    return calendar_file(
        infusion_session.id,
        infusion_session.time_version,
        infusion_session.starts_at,
        infusion_session.ends_at + stay,
        work.now,
        summary=labels["event"].format(name=clinic.neutral_name),
        description=labels["event_call"].format(phone=clinic.phone) if clinic.phone else "",
    )
