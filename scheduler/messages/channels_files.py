"""Messages as files, for trying things out."""

from datetime import timedelta
from pathlib import Path

from scheduler.messages.channels_mail import UNMAILABLE, as_mail
from scheduler.messages.outgoing import Outgoing
from scheduler.messages.rules import Outcome


class FileOutbox:
    """Writes each message to a file, as it would be sent; a second time over the first."""

    key_life = timedelta(days=36_500)
    needs_sender = False
    width = 1

    def __init__(self, folder: Path, mail_from: str) -> None:
        self.folder, self.mail_from = folder, mail_from

    def send(self, outgoing: Outgoing) -> Outcome:
        due = f"{outgoing.due_at:%Y%m%dT%H%M%SZ}"
        ending = "eml" if outgoing.channel == "email" else "txt"
        path = self.folder / f"{due}-{outgoing.kind}-{outgoing.rule}-{outgoing.id}.{ending}"
        half = path.with_suffix(".part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            half.write_bytes(self._written(outgoing))
            half.replace(path)
        except UNMAILABLE:
            return Outcome("failed", "bad_address")
        except OSError:
            return Outcome("retry", "outbox_not_writable")
        return Outcome("sent")

    def _written(self, outgoing: Outgoing) -> bytes:
        if outgoing.channel == "sms":
            return f"To: {outgoing.address}\n\n{outgoing.draft.text}\n".encode()
        return as_mail(outgoing, self.mail_from).as_bytes()

    def close(self) -> None:
        """Nothing is kept open."""
