"""What a link's page and its calendar file are made of."""

from scheduler.links import rules
from scheduler.links.actions import Opened, offers
from scheduler.links.rules_pages import Page, Told, page, plain_page
from scheduler.links.rules_text import LABELS, language_of
from scheduler.sessions.rules_event import Event, calendar_file
from scheduler.tenancy import Work

# As long as the visit is at its time, it may be changed or declined.
FROM_HERE = ("open", "done")


def page_of(work: Work, opened: Opened, token: str) -> Page:
    """The page of a link as it stands."""
    link, clinic, infusion_session = opened.link, opened.clinic, opened.infusion_session
    if opened.standing == "gone":
        return plain_page(404, "gone", clinic.neutral_name, clinic.phone)
    standing = opened.standing
    movable = link.purpose == "change" and standing == "open"
    told = Told(
        purpose=link.purpose,
        standing=standing,
        language=language_of(opened.patient.language),
        name=clinic.neutral_name,
        phone=clinic.phone,
        channel=link.channel,
        starts_at=infusion_session.starts_at,
        zone=work.zone,
        name_zone=opened.patient.time_zone not in (None, clinic.time_zone),
        starts=offers(work, infusion_session) if movable else (),
        others=_others(token) if link.purpose == "confirm" and standing in FROM_HERE else {},
    )
    return page(told, rules.nonce(token, link.time_version, work.now), link.time_version)


def _others(token: str) -> dict[str, str]:
    """Where else the page that confirms leads: a text has room for its link alone."""
    return {
        purpose: rules.path_of(purpose, rules.sibling(token, purpose))
        for purpose in ("change", "decline")
    }


def calendar_of(work: Work, opened: Opened) -> str:
    """The session of a link as a calendar file, for the patient to keep."""
    infusion_session, clinic = opened.infusion_session, opened.clinic
    labels = LABELS[language_of(opened.patient.language)]
    event = Event(
        session_id=infusion_session.id,
        time_version=infusion_session.time_version,
        starts_at=infusion_session.starts_at,
        ends_at=infusion_session.leaves_at,
        title=labels["event"].format(name=clinic.neutral_name),
        description=labels["event_call"].format(phone=clinic.phone) if clinic.phone else "",
    )
    return calendar_file(event, work.now)
