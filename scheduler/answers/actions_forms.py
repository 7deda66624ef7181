"""Filling in a form by its link: saved as the patient goes along, heard whatever is in the way."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from scheduler.answers.model import Answers, heeded
from scheduler.answers.rules_forms import Press, Seen, effect, standing
from scheduler.instruments.rules import Instrument, Items
from scheduler.instruments.rules_shipped import SHIPPED
from scheduler.links.model import Link
from scheduler.patients.model import Patient, consents_in_force
from scheduler.tenancy import Work

# The index `answers_one_by_link`: however many links lead to a form, it is one.
_ONE_BY_LINK = text("source = 'link' AND corrects_id IS NULL")


@dataclass(frozen=True, slots=True)
class Form:
    """A form, which of its items were answered, and how it stands (`rules_forms.standing`)."""

    link: Link
    patient: Patient
    instrument: Instrument
    answered: frozenset[str]
    standing: str
    answers_id: UUID | None = None

    @property
    def ids(self) -> set[UUID]:
        """What a look at it shows."""
        return {self.link.id, self.patient.id, *([self.answers_id] if self.answers_id else ())}


@dataclass(frozen=True, slots=True)
class Taken:
    """The form after a press, what that did (`rules_forms.effect`), and whether it was alarming."""

    form: Form
    effect: str
    alarming: bool = False


def form_of(work: Work, link_id: UUID) -> Form | None:
    """The form behind a link as it is now; None where it leads to something else."""
    link = work.load(Link, link_id)
    instrument = SHIPPED.get(link.instrument or "")
    if instrument is None:
        return None
    patient = work.load(Patient, link.patient_id)
    form = Form(link, patient, instrument, frozenset(), "open")
    found = work.session.execute(
        select(Answers.id, Answers.items, Answers.submitted_at).where(
            Answers.clinic_id == work.clinic_id,
            Answers.session_id == link.session_id,
            Answers.rule == link.rule,
            Answers.source == "link",
            Answers.corrects_id.is_(None),
        )
    ).one_or_none()
    asked = ("check_ins", link.channel) in consents_in_force(work, patient.id)
    seen = Seen(
        expires_at=link.expires_at,
        submitted=found is not None and found.submitted_at is not None,
        welcome=patient.status == "active" and asked,
    )
    form = replace(form, standing=standing(seen, work.now))
    if found is None:
        return form
    return replace(form, answered=frozenset(found.items), answers_id=found.id)


def take(work: Work, form: Form, press: Press, language: str) -> Taken:
    """Do what a press of the form's button asks, if it still may be done.

    An answer that tells of danger is kept in any case: where the form takes no more (submitted,
    expired, the patient has left) as answers of their own, which nothing asked for (I53, I57).
    """
    items = {press.item.code: press.value} if press.item else {}
    does = effect(form.standing, press)
    kept = None
    if does == "submitted":
        kept = _kept(work, form, {}, language, submitted_at=work.now)
    elif does == "saved":
        kept = _kept(work, form, items, language)
    if kept is None and does in ("submitted", "saved"):
        # Another press submitted it meanwhile.
        form = replace(form, standing="done")
        does = effect("done", press)
    if does == "apart":
        kept = _apart(work, form, items, language)
    if kept is None:
        return Taken(form, does)
    given = () if does == "submitted" else items
    alarming = heeded(work, kept, given) is not None
    if does != "apart":
        form = replace(form, answered=frozenset(kept.items), answers_id=kept.id)
    return Taken(form, does, alarming)


def _kept(
    work: Work,
    form: Form,
    items: Items,
    language: str,
    *,
    submitted_at: datetime | None = None,
) -> Answers | None:
    """Put answers into the form, in one statement: two presses at once are both kept.

    None when it was submitted before.
    """
    row = _row(work, form, items, language) | {
        "session_id": form.link.session_id,
        "rule": form.link.rule,
        "submitted_at": submitted_at,
    }
    made = insert(Answers).values(row)
    kept = made.on_conflict_do_update(
        index_elements=["clinic_id", "session_id", "rule"],
        index_where=_ONE_BY_LINK,
        set_={
            "items": Answers.items.op("||")(made.excluded["items"]),
            "answered_at": work.now if items else Answers.answered_at,
            "submitted_at": submitted_at,
            "version": Answers.version + 1,
        },
        where=Answers.submitted_at.is_(None),
    )
    return work.session.scalars(kept.returning(Answers)).one_or_none()


def _apart(work: Work, form: Form, items: Items, language: str) -> Answers:
    """Keep answers by themselves: complete as they are, so nothing changes them any more."""
    kept = Answers(**_row(work, form, items, language), submitted_at=work.now)
    work.session.add(kept)
    return kept


def _row(work: Work, form: Form, items: Items, language: str) -> dict[str, Any]:
    return {
        "clinic_id": work.clinic_id,
        "id": uuid4(),
        "patient_id": form.patient.id,
        "instrument": form.instrument.code,
        "instrument_version": form.instrument.version,
        "language": language,
        "source": "link",
        "items": dict(items),
        "started_at": work.now,
        "answered_at": work.now,
        "version": 1,
    }
