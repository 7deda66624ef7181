"""What opens a link before, beside or instead of its reader: gateways, previews, prefetchers.

Each profile is what one of them sends, given the link's path and the page as anyone may read it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.api.linked import Read


@dataclass(frozen=True)
class Sent:
    """One request of a scanner."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    kind: str | None = None


Profile = Callable[[str, Read], Iterator[Sent]]
FORM = "application/x-www-form-urlencoded"
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def getting(**headers: str) -> Profile:
    """One GET with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def sent(path: str, _: Read) -> Iterator[Sent]:
        yield Sent(path, headers=named)

    return sent


def methods(*each: str) -> Profile:
    """The same path by these methods, one after the other."""

    def sent(path: str, _: Read) -> Iterator[Sent]:
        yield from (Sent(path, method) for method in each)

    return sent


def spelled(change: Callable[[str], str]) -> Profile:
    """The path as a rewriting gateway spells it."""

    def sent(path: str, _: Read) -> Iterator[Sent]:
        yield Sent(change(path))

    return sent


def posting(body: str, kind: str = FORM, **headers: str) -> Profile:
    """A POST that no page made."""

    def sent(path: str, _: Read) -> Iterator[Sent]:
        yield Sent(path, "POST", headers, body.encode(), kind)

    return sent


def follows_everything(path: str, page: Read) -> Iterator[Sent]:
    """Every address that stands in the page, and the page itself once more."""
    for _, attributes in page.tags:
        for name in ("href", "src", "action"):
            found = attributes.get(name)
            if found and found.startswith("/"):
                yield Sent(found)
    yield Sent(path)


def asks_by_query(path: str, page: Read) -> Iterator[Sent]:
    """The form as a GET would send it, a time chosen where there is one."""
    said = [*page.form.items(), *(("start", start) for start in page.starts[:1])]
    query = "&".join(f"{name}={value}" for name, value in said)
    yield Sent(f"{path}?{query}")
    yield Sent(f"{path}?{query}", "HEAD")


def sends_another_kind(path: str, page: Read) -> Iterator[Sent]:
    """The page's own fields, by what is no form."""
    said = ",".join(f'"{name}":"{value}"' for name, value in page.form.items())
    yield Sent(path, "POST", {}, f"{{{said}}}".encode(), "application/json")
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in page.form.items()
    )
    yield Sent(path, "POST", {}, f"{parts}--x--\r\n".encode(), "multipart/form-data; boundary=x")


def fills_in_words(path: str, page: Read) -> Iterator[Sent]:
    """A crawler's guess at every field."""
    body = "&".join(f"{name}=test" for name in page.form)
    yield Sent(path, "POST", {}, body.encode(), FORM)


def presses_with_an_old_nonce(path: str, page: Read) -> Iterator[Sent]:
    """What it saw, a sign changed."""
    fields = page.form | {"nonce": "0" + page.form.get("nonce", "")}
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    yield Sent(path, "POST", {}, body.encode(), FORM)


def overrides_the_method(path: str, page: Read) -> Iterator[Sent]:
    """A GET that says it means a POST."""
    headers = dict.fromkeys(
        ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), "POST"
    )
    body = "&".join(f"{name}={value}" for name, value in page.form.items())
    yield Sent(path, "GET", headers, body.encode(), FORM)
    yield Sent(f"{path}?_method=POST", headers=headers)


PROFILES: dict[str, Profile] = {
    "a bare HEAD": methods("HEAD"),
    "a bare GET": methods("GET"),
    "GET twice": methods("GET", "GET"),
    "HEAD, then GET": methods("HEAD", "GET"),
    "OPTIONS, HEAD, GET": methods("OPTIONS", "HEAD", "GET"),
    "every other method": methods("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"),
    "a browser's prefetch": getting(Sec_Purpose="prefetch;prerender", Purpose="prefetch"),
    "an old browser's prefetch": getting(X_Moz="prefetch", X_Purpose="preview"),
    "Slack's preview": getting(User_Agent="Slackbot-LinkExpanding 1.0", Range="bytes=0-32767"),
    "Facebook's preview": getting(
        User_Agent="facebookexternalhit/1.1", Range="bytes=0-524287", Accept_Encoding="br"
    ),
    "WhatsApp's preview": getting(User_Agent="WhatsApp/2.23.20.0 A", Accept="*/*"),
    "a text program's preview": getting(User_Agent="Twitterbot/1.0", Accept="text/html"),
    "an image proxy": getting(User_Agent="GoogleImageProxy", Accept="image/avif,image/webp"),
    "a safe-links gateway": getting(
        User_Agent="Mozilla/4.0 (compatible; ms-office; MSOffice 16)", X_MS_Exchange="1"
    ),
    "a sandbox behind proxies": getting(
        X_Forwarded_For="203.0.113.7, 10.0.0.1", Via="1.1 scanner", Forwarded="for=203.0.113.7"
    ),
    "a cache that asks again": getting(
        If_None_Match='W/"1"', If_Modified_Since="Mon, 23 Nov 2026 15:00:00 GMT"
    ),
    "a client of the last century": getting(Connection="close", Pragma="no-cache", Accept="*/*"),
    "a reader with cookies": getting(Cookie="session=1; nonce=2", Referer="https://mail.example/"),
    "a click counter": spelled(lambda path: f"{path}?utm_source=mail&fbclid=1&fbclid=2"),
    "a gateway that adds a slash": spelled(lambda path: f"{path}/"),
    "a gateway that shouts": spelled(str.upper),
    "a gateway that escapes": spelled(lambda path: f"{path[:2]}%2F{path[3:]}"),
    "follows everything in the page": follows_everything,
    "asks by query": asks_by_query,
    "says it means a POST": overrides_the_method,
    "an empty POST": posting(""),
    "a POST without the nonce": posting("version=1"),
    "a POST from another site": posting("version=1&nonce=1", Origin="https://evil.example"),
    "a POST of another kind": sends_another_kind,
    "a crawler that fills in forms": fills_in_words,
    "a POST with an old nonce": presses_with_an_old_nonce,
}
