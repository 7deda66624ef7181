"""Every route says who may call it; one that does not stops the start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

from scheduler.access.roles import PUBLIC, SIGNED, Access

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Declare a plain Flask view open to anyone: health and documents."""
    view._access = PUBLIC  # type: ignore[attr-defined]
    return view


def signed(view: View) -> View:
    """Declare a plain Flask view open to whoever can sign: a provider that calls us back."""
    view._access = SIGNED  # type: ignore[attr-defined]
    return view


def declared_access(view: Callable[..., Any]) -> Access | None:
    """What a view declares about who may call it; None when it says nothing."""
    endpoint = getattr(view, "_endpoint", None)
    return endpoint.access if endpoint else getattr(view, "_access", None)


def require_declared_access(app: Flask) -> None:
    """Stop the start when a route does not say who may call it. Raises RuntimeError naming it."""
    for name, view in app.view_functions.items():
        if declared_access(view) is None:
            raise RuntimeError(f"the route {name} does not declare who may call it")
