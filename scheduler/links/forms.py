"""What a page's button sends: read strictly, and whatever is not ours is no press of it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

from flask import Request

from scheduler.links.rules import nonce_holds
from scheduler.web.calls import whole_body

MOST_BYTES = 4096
_NUMBER = re.compile("[0-9]{1,10}", re.ASCII)
# RFC 8058: what a mail program posts for its reader's one click.
ONE_CLICK = {"List-Unsubscribe": ["One-Click"]}


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; empty ones where nothing, or nothing sensible, was said."""

    nonce: str = ""
    version: int = 0
    start: datetime | None = None
    one_click: bool = False


def sent(request: Request) -> Form:
    """The request's form. Raises Problem when its body broke off."""
    if request.mimetype == "multipart/form-data":
        # So mail programs send their one click (RFC 8058, 3.2); a page's button never does.
        fits = len(whole_body()) <= MOST_BYTES
        return Form(one_click=fits and request.form.to_dict(flat=False) == ONE_CLICK)
    if request.mimetype != "application/x-www-form-urlencoded":
        return Form()
    raw = whole_body()
    try:
        fields = parse_qs(raw.decode("ascii"), strict_parsing=True, max_num_fields=8)
    except ValueError:
        return Form()
    if len(raw) > MOST_BYTES or any(len(values) > 1 for values in fields.values()):
        return Form()
    if fields == ONE_CLICK:
        return Form(one_click=True)
    said = {name: values[0] for name, values in fields.items()}
    version, start = said.get("version", ""), said.get("start", "")
    return Form(
        nonce=said.get("nonce", ""),
        version=int(version) if _NUMBER.fullmatch(version) else 0,
        start=datetime.fromtimestamp(int(start), UTC) if _NUMBER.fullmatch(start) else None,
    )


def pressed(form: Form, purpose: str, token: str, now: datetime) -> bool:
    """Was this sent by the page's button, or by a mail program's own for unsubscribing?"""
    if form.one_click:
        return purpose == "unsubscribe"
    return nonce_holds(form.nonce, token, form.version, now)
