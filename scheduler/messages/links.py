"""Putting links into messages, in the transaction that begins their send.

So a message that does not go leaves none; what it says beside them has been decided before.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from scheduler.db import among
from scheduler.links.actions import Wanted, links_for
from scheduler.messages.model import Message
from scheduler.messages.outgoing import Outgoing, Visit
from scheduler.messages.rules_links import linked, purposes
from scheduler.sessions.model import InfusionSession
from scheduler.tenancy import Work


def with_links(work: Work, going: Sequence[Outgoing], public_url: str | None) -> list[Outgoing]:
    """The messages with the links that they carry, all made at once.

    Without an address under which patients reach us there are none.
    """
    if public_url is None or not going:
        return list(going)
    host = public_url.rstrip("/")
    asking = [each for each in going if each.form]
    paths = links_for(work, [*_wanted(work, going), *_wanted_forms(work, asking)])
    forms = dict(zip([each.id for each in asking], paths[len(going) :], strict=True))
    return [
        replace(
            each,
            draft=linked(
                each.draft,
                {of: host + path for of, path in (found | forms.get(each.id, {})).items()},
            ),
        )
        for each, found in zip(going, paths, strict=False)
    ]


def _wanted(work: Work, going: Sequence[Outgoing]) -> list[Wanted]:
    about = _about(work, [each.id for each in going])
    return [
        Wanted(
            # Of several that were booked at once, it may be that one alone is left.
            **about[each.id] | (_only(each.visits[0]) if len(each.visits) == 1 else {}),
            channel=each.channel,
            address=each.address,
            purposes=purposes(
                each.rule, each.channel, len(each.visits), asks=each.form is not None
            ),
        )
        for each in going
    ]


def _wanted_forms(work: Work, asking: Sequence[Outgoing]) -> list[Wanted]:
    """A link to a form is about the session that it is asked for, whatever carries it."""
    about = _about(work, [each.id for each in asking])
    return [
        Wanted(
            patient_id=about[each.id]["patient_id"],
            starts_at=about[each.id]["starts_at"],
            channel=each.channel,
            address=each.address,
            purposes=("check_in",),
            **each.form._asdict(),
        )
        for each in asking
        if each.form
    ]


def _only(visit: Visit) -> dict[str, Any]:
    return {name: getattr(visit, name) for name in ("session_id", "time_version", "starts_at")}


def _about(work: Work, message_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """The session that each message hangs on, and whose it is."""
    same = and_(
        InfusionSession.clinic_id == Message.clinic_id, InfusionSession.id == Message.session_id
    )
    rows = work.session.execute(
        select(
            Message.id,
            InfusionSession.id.label("session_id"),
            InfusionSession.patient_id,
            InfusionSession.time_version,
            InfusionSession.starts_at,
        )
        .join(InfusionSession, same)
        .where(Message.clinic_id == work.clinic_id, among(Message.id, message_ids))
    )
    return {row[0]: {k: v for k, v in row._mapping.items() if k != "id"} for row in rows}
