"""How to reach somebody: telephone numbers, mail addresses, time zones."""

from functools import lru_cache
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError

from scheduler import clock
from scheduler.web.fields import Bounded, Text

REGION = "US"
E164 = {"pattern": r"^\+[1-9][0-9]{1,14}$"}


class Phone(Bounded):
    """A number in any spelling; without a country code it is read as one of the US."""

    def __init__(self, **kwargs: Any) -> None:
        told = {"description": "In any spelling; answered as E.164: +16025550143."}
        super().__init__(1, 40, metadata=told, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        spelled = super()._deserialize(value, attr, data, **kwargs)
        try:
            number = phonenumbers.parse(spelled, REGION)
        except phonenumbers.NumberParseException:
            raise ValidationError("Must be a telephone number.") from None
        possible = phonenumbers.is_possible_number_with_reason(number)
        # A local number without its area code is "possible", and nobody can dial it from outside.
        if number.extension or possible != phonenumbers.ValidationResult.IS_POSSIBLE:
            raise ValidationError("Must be a telephone number with its area code, no extension.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# A clinic's own number stands in each of its messages.
@lru_cache(maxsize=1_000)
def readable_phone(e164: str) -> str:
    """A number as a person in its own country would write it, or with its country's code."""
    number = phonenumbers.parse(e164)
    home = number.country_code == phonenumbers.country_code_for_region(REGION)
    style = phonenumbers.PhoneNumberFormat
    return str(phonenumbers.format_number(number, style.NATIONAL if home else style.INTERNATIONAL))


class EmailAddress(Bounded):
    """A mail address, normalised; its domain is not asked."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 254, metadata={"format": "email"}, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        spelled = super()._deserialize(value, attr, data, **kwargs)
        try:
            # Test domains (example.com) are taken: a demo has to live somewhere.
            # Not every mail server takes other scripts before the @; domains have an ASCII form.
            found = validate_email(
                spelled, allow_smtputf8=False, check_deliverability=False, test_environment=True
            )
        except EmailNotValidError:
            raise ValidationError("Must be a mail address.") from None
        return found.ascii_email or found.normalized


class TimeZone(Text):
    """An IANA time zone's name; `told` says what it is for."""

    def __init__(self, told: str = "", **kwargs: Any) -> None:
        description = f"{told} IANA: America/Phoenix.".strip()
        super().__init__(64, metadata={"description": description}, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in clock.zone_names():
            raise ValidationError("Must be an IANA time zone: America/Phoenix.")
        return name
