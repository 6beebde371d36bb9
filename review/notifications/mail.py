"""Mail by the server that the settings name, with the standard library's own client."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

from review.errors import ReviewError

Security = Literal["starttls", "tls", "none"]
_TIMEOUT_S = 20.0


class MailRefused(ReviewError):
    """The mail server is not to be reached, or takes the mail not; the text has neither password nor address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over. `user` empty: without logging in; `sender`: from whom it is."""

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, to: str, subject: str, text: str) -> None:
        """Hands the mail over; MailRefused."""
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self.sender, to
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="zhenyan.invalid")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            with self._open() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # What the server says may repeat the address; its code says enough.
            code = getattr(error, "smtp_code", "")
            raise MailRefused(f"mail by {self.host}:{self.port}: {type(error).__name__} {code}".rstrip()) from None

    def _open(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_S, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_S)
