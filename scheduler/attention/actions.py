"""What needs a person now, and seeing to it. Derived on every request, stored nowhere."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from scheduler.alerts.model_rota import ways_to_providers
from scheduler.attention.model import AttentionHandled
from scheduler.attention.model_alerts import alerts_of
from scheduler.attention.model_calls import visits_to_call_about
from scheduler.attention.model_losses import handled_among, losses_of, unsent
from scheduler.attention.model_picture import picture_of
from scheduler.attention.model_replies import replies_of
from scheduler.attention.model_reviews import reached
from scheduler.attention.model_unanswered import unanswered
from scheduler.attention.rules import Losses, of_messages, of_series, of_sessions
from scheduler.attention.rules_alerts import NEVER_HIDDEN, of_alerts
from scheduler.attention.rules_backlog import of_backlogs
from scheduler.attention.rules_calls import of_calls
from scheduler.attention.rules_items import Following, Item
from scheduler.attention.rules_replies import of_replies
from scheduler.attention.rules_reviews import of_clearances, of_gaps, of_reviews, of_standstills
from scheduler.attention.rules_unanswered import of_unanswered
from scheduler.consults.model import terms_of_patients
from scheduler.errors import Conflict, NotFound
from scheduler.outreach.model_backlog import backlogs
from scheduler.patients.model import contacts_of
from scheduler.sessions.model import versions_of
from scheduler.tenancy import Work


def derived(work: Work) -> Iterator[Item]:
    """Everything that needs a person, handled or not; to be read within the unit of work.

    What takes longest to derive comes last, for who looks for one of them.
    """
    if alerts := alerts_of(work):
        yield from of_alerts(alerts, work.now, reachable=bool(ways_to_providers(work)))
    yield from of_messages(unsent(work))
    yield from of_backlogs(backlogs(work), work.clinic_id, work.zone)
    yield from of_replies(replies_of(work))
    yield from of_unanswered(unanswered(work))
    yield from of_calls(visits_to_call_about(work), work.now, work.zone)
    yield from _of_losses(work, losses_of(work))
    picture = picture_of(work)
    if picture.asks_for_reviews:
        yield from of_reviews(reached(work))
    yield from of_gaps(picture)
    yield from of_sessions(picture)


def _of_losses(work: Work, losses: Sequence[Losses]) -> Iterator[Item]:
    terms = terms_of_patients(work, {each.patient_id for each in losses}) if losses else {}
    yield from of_series(losses, work.zone)
    yield from of_clearances(losses, terms, work.now, work.zone)
    yield from of_standstills(losses, work.now, work.zone)


def open_items(work: Work) -> list[tuple[UUID, Item]]:
    """What nobody has handled yet, with its id, the most urgent first; every alert is in it."""
    found = [(item.id_in(work.clinic_id), item) for item in derived(work)]
    handled = handled_among(work, (item_id for item_id, _ in found))
    found.sort(key=lambda each: (each[1].urgency, each[1].at, each[0]))
    return [each for each in found if each[0] not in handled or each[1].kind in NEVER_HIDDEN]


def shown(work: Work, items: Sequence[tuple[UUID, Item]]) -> list[dict[str, Any]]:
    """Items as they are answered: with whom to call, and the versions of their sessions."""
    about = [each for _, item in items for each in (item, item.following) if each]
    contacts = contacts_of(work, (each.patient_id for each in about if each.patient_id))
    versions = versions_of(work, (each.session_id for each in about if each.session_id))

    def named(each: Item | Following) -> dict[str, Any]:
        version = versions.get(each.session_id) if each.session_id else None
        patient = contacts[each.patient_id] if each.patient_id else None
        return asdict(each) | {"patient": patient, "session_version": version}

    return [
        named(item)
        | {"id": item_id, "following": named(item.following) if item.following else None}
        for item_id, item in items
    ]


def handle(work: Work, item_id: UUID, note: str) -> AttentionHandled:
    """Somebody has seen to it: it is hidden until the facts change.

    Raises NotFound for what is not on the list, Conflict for an alert, which nobody hides, and
    when somebody else was faster.
    """
    if work.session.get(AttentionHandled, (work.clinic_id, item_id)):
        raise _handled_already()
    item = next((each for each in derived(work) if each.id_in(work.clinic_id) == item_id), None)
    if item is None:
        raise NotFound("attention item")
    if item.kind in NEVER_HIDDEN:
        detail = "An alert stays here until a clinician closes it."
        raise Conflict("not_allowed", detail, state="open", missing=["clinician"])
    added = (
        insert(AttentionHandled)
        .values(
            clinic_id=work.clinic_id,
            id=item_id,
            note=note,
            handled_at=work.now,
            handled_by=work.actor.key_id,
        )
        .on_conflict_do_nothing()
        .returning(AttentionHandled)
    )
    handled = work.session.scalars(added).one_or_none()
    if handled is None:
        raise _handled_already()
    return handled


def _handled_already() -> Conflict:
    return Conflict("already_handled", "Somebody has handled this already.")
