"""A clinic's weeks at random: everything its people do, in any order, through the API."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from scheduler import clock
from scheduler.check import report
from tests.builders import ClinicKit, a_cleared_patient, a_protocol, cleared

Json = dict[str, Any]
Answer = Any

VERBS = {
    "booked": ("confirm", "arrive", "arrive", "arrive", "no-show", "cancel"),
    "arrived": ("start", "start", "start", "turn-away", "extend", "undo"),
    "infusing": ("observe", "observe", "observe", "extend", "undo"),
    "observing": ("complete", "complete", "complete", "undo"),
    "completed": ("undo",),
    "no_show": ("undo",),
}
BODIES: dict[str, Json] = {
    "start": {"vitals_recorded": True},
    "cancel": {"reason": "Asked to", "by": "patient"},
    "turn-away": {"reason": "Unwell"},
    "undo": {"reason": "By mistake"},
    "extend": {"minutes": 20},
    "complete": {"early_reason": "Feels well"},
}


class Walk:
    """One clinic with some patients; `step` does one thing at random."""

    def __init__(self, clinic: ClinicKit, random: Random, travel: Callable[[Any], None]) -> None:
        self.clinic, self.random, self.travel = clinic, random, travel
        self.patients = [a_cleared_patient(clinic) for _ in range(10)]
        self.protocols = [None, str(a_protocol(clinic))]
        self.done: Counter[tuple[str, int]] = Counter()
        self.steps: list[tuple[int, Callable[[], Answer]]] = [
            (6, self.book_series),
            (4, self.book_session),
            (2, self.book_an_option),
            (6, self.move),
            (14, self.treat),
            (8, self.wait),
            (1, self.cancel_series),
            (2, self.close),
            (2, self.open_again),
            (1, self.break_a_chair),
            (2, self.send_a_nurse_home),
            (1, self.change_hours),
            (1, self.shorten_clearance),
            (1, self.revoke_clearance),
            (1, self.clear_again),
            (1, self.retire_a_chair),
            (1, self.discharge),
        ]

    def step(self) -> None:
        """Do something; nothing that anybody asks for ends in an error of ours."""
        weights = [weight for weight, _ in self.steps]
        ((_, act),) = self.random.choices(self.steps, weights)
        answer = act()
        if answer is not None:
            assert answer.status_code < 500, (act.__name__, answer.get_json())
            self.done[act.__name__, answer.status_code] += 1

    def check(self) -> None:
        """No invariant is broken, and whatever a later rule broke is on the attention list."""
        found = report.check(clock.now())
        broken = {proof.number: each for proof, each in found.found.items() if each.violations}
        assert broken == {}

    # Booking

    def book_series(self) -> Answer:
        order: Json = {"patient_id": self.patient(), "first_on": str(self.day()), "at": self.wall()}
        order |= {"sessions": self.random.randint(1, 4), "minutes": self.minutes()}
        order |= self.pattern()
        if self.random.random() < 0.5:
            order["flexibility"] = {"days": self.random.randint(0, 3), "minutes": 120}
        answer = self.clinic.desk.post("/v1/series", order)
        suggestion = answer.get_json().get("suggestion")
        return self.clinic.desk.post("/v1/series", suggestion) if suggestion else answer

    def book_session(self) -> Answer:
        body: Json = {"patient_id": self.patient(), "starts_at": self.start()}
        body |= {"minutes": self.minutes()} | self.pattern()
        if owing := [each for each in self.series() if each["owed"]]:
            series = self.random.choice(owing)
            body = {"patient_id": series["patient_id"], "starts_at": self.start()}
            body["series_id"] = series["id"]
        return self.with_alternative("/v1/sessions", body)

    def book_an_option(self) -> Answer:
        wish: Json = {"patient_id": self.patient(), "sessions": 3, "minutes": self.minutes()}
        wish |= {"weekdays": sorted(self.random.sample(range(6), 2)), "between": ["09:00", "16:00"]}
        answer = self.clinic.desk.send("POST", "/v1/series/options", wish)
        if answer.status_code != 200 or not answer.get_json()["options"]:
            return answer
        order = self.random.choice(answer.get_json()["options"])["order"]
        booked = self.clinic.desk.post("/v1/series", order)
        assert booked.status_code == 201, booked.get_json()
        return booked

    def with_alternative(self, path: str, body: Json) -> Answer:
        """Ask; where the refusal says what would fit, it does."""
        answer = self.clinic.desk.post(path, body)
        found = self.alternative(answer)
        if found is None:
            return answer
        again = self.clinic.desk.post(path, body | found)
        assert again.status_code == 201, again.get_json()
        return again

    def alternative(self, answer: Answer) -> Json | None:
        conflicts = answer.get_json().get("conflicts", []) if answer.status_code == 409 else []
        offered = [each for conflict in conflicts for each in conflict["alternatives"]]
        if not offered:
            return None
        chosen = self.random.choice(offered)
        return {name: chosen[name] for name in ("starts_at", "chair_id")}

    # Moving and treating

    def move(self) -> Answer:
        session = self.one_of("booked")
        if session is None:
            return None
        answer = self.clinic.desk.step(session, "reschedule", starts_at=self.start())
        found = self.alternative(answer)
        if found is None:
            return answer
        again = self.clinic.desk.step(session, "reschedule", **found)
        assert again.status_code == 200, again.get_json()
        return again

    def treat(self) -> Answer:
        """Take somebody a step on, mostly on their day."""
        session = self.random.choice(self.today() or self.sessions() or [None])
        if session is None or session["status"] not in VERBS:
            return None
        if session["status"] == "booked" and self.random.random() < 0.7:
            self.go_to(datetime.fromisoformat(session["starts_at"]))
        verb = self.random.choice(VERBS[session["status"]])
        return self.clinic.clinician.step(session, verb, **BODIES.get(verb, {}))

    def wait(self) -> None:
        self.go_to(clock.now() + timedelta(minutes=self.random.choice([10, 40, 120, 900])))

    def go_to(self, at: datetime) -> None:
        if at > clock.now():
            self.travel(at)

    def cancel_series(self) -> Answer:
        series = self.random.choice(self.series() or [None])
        if series is None:
            return None
        path = f"/v1/series/{series['id']}/cancel"
        body = {"reason": "Moves away", "by": "patient"}
        return self.clinic.desk.change("POST", path, body, version=series["version"])

    # What the clinic changes

    def close(self) -> Answer:
        starts_at = datetime.fromisoformat(self.start())
        ends_at = starts_at + timedelta(hours=self.random.choice([2, 30]))
        body = {"starts_at": self.local(starts_at), "ends_at": self.local(ends_at)}
        return self.clinic.desk.post("/v1/closures", body | {"reason": "Storm"})

    def open_again(self) -> Answer:
        found = self.items("/v1/closures")
        if not found:
            return None
        one = self.random.choice(found)
        return self.clinic.desk.change(
            "DELETE", f"/v1/closures/{one['id']}", version=one["version"]
        )

    def break_a_chair(self) -> Answer:
        chair = self.random.choice(self.clinic.chair_ids)
        starts_at = datetime.fromisoformat(self.start())
        body = {"starts_at": self.local(starts_at)}
        body |= {"ends_at": self.local(starts_at + timedelta(hours=5)), "reason": "Broken"}
        return self.clinic.desk.post(f"/v1/chairs/{chair}/outages", body)

    def send_a_nurse_home(self) -> Answer:
        body: Json = {"on": str(self.day()), "from": "08:00", "to": "17:00"}
        body |= {"nurses": self.random.randint(0, 2)}
        return self.clinic.desk.post("/v1/clinic/staffing/overrides", body)

    def change_hours(self) -> Answer:
        version = self.clinic.desk.get("/v1/clinic/opening-hours").get_json()["version"]
        opens = self.random.choice(["08:00", "08:00", "09:00"])
        hours = [{"weekday": n, "opens": opens, "closes": "17:00"} for n in range(6)]
        path = "/v1/clinic/opening-hours"
        return self.clinic.admin.change("PUT", path, {"hours": hours}, version=version)

    def shorten_clearance(self) -> Answer:
        return self.with_clearance("PATCH", "", {"expires_on": str(self.day())})

    def revoke_clearance(self) -> Answer:
        return self.with_clearance("POST", "/revoke", {"reason": "New finding"})

    def with_clearance(self, method: str, verb: str, body: Json) -> Answer:
        found = self.items(f"/v1/patients/{self.patient()}/clearances")
        one = self.random.choice(found)
        path = f"/v1/clearances/{one['id']}{verb}"
        return self.clinic.clinician.change(method, path, body, version=one["version"])

    def clear_again(self) -> None:
        cleared(self.clinic, UUID(self.patient()))

    def retire_a_chair(self) -> Answer:
        one = self.random.choice(self.items("/v1/chairs"))
        body = {"active": self.random.random() < 0.7}
        path = f"/v1/chairs/{one['id']}"
        return self.clinic.admin.change("PATCH", path, body, version=one["version"])

    def discharge(self) -> Answer:
        patient = self.patient()
        version = self.clinic.desk.get(f"/v1/patients/{patient}").get_json()["version"]
        body = {"status": self.random.choice(["discharged", "active", "active", "active"])}
        return self.clinic.desk.change("PATCH", f"/v1/patients/{patient}", body, version=version)

    # What is drawn

    def patient(self) -> str:
        return str(self.random.choice(self.patients))

    def day(self) -> date:
        return clock.now().date() + timedelta(days=self.random.randint(0, 24))

    def wall(self) -> str:
        tick = self.random.randint(8 * 12, 16 * 12)
        return f"{tick // 12:02d}:{tick % 12 * 5:02d}"

    def start(self) -> str:
        return f"{self.day()}T{self.wall()}:00-07:00"

    def local(self, at: datetime) -> str:
        return at.astimezone(clock.zone(self.clinic.zone)).isoformat()

    def minutes(self) -> int:
        return self.random.choice([30, 40, 50])

    def pattern(self) -> Json:
        protocol = self.random.choice(self.protocols)
        return {"protocol_id": protocol} if protocol else {}

    def items(self, path: str, **query: Any) -> list[Json]:
        return list(self.clinic.desk.get(path, limit=200, **query).get_json()["items"])

    def sessions(self) -> list[Json]:
        first = self.local(clock.now() - timedelta(days=1))
        return self.items("/v1/sessions", **{"from": first})

    def today(self) -> list[Json]:
        first = self.local(clock.now() - timedelta(hours=8))
        last = self.local(clock.now() + timedelta(hours=14))
        return self.items("/v1/sessions", **{"from": first, "to": last})

    def one_of(self, status: str) -> Json | None:
        found = [each for each in self.sessions() if each["status"] == status]
        return self.random.choice(found) if found else None

    def series(self) -> list[Json]:
        return self.items("/v1/series", patient_id=self.patient())
