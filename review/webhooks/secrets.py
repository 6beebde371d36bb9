"""The secrets that messages are signed with: shown once, sealed in the database, two of them while one rotates."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, delete, select
from standardwebhooks import Webhook

from review.db.tables.webhooks import SecretRow
from review.db.upsert import insert_missing, table_of, upsert
from review.webhooks.errors import SealBroken

OVERLAP_MS = 24 * 3_600_000
_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret in the form of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


@dataclass(frozen=True, slots=True)
class Signing:
    """The secrets that sign now, the newest first."""

    secrets: tuple[str, ...] = field(repr=False)

    def sign(self, message_id: str, at: datetime, body: str) -> str:
        """The `webhook-signature` header: a signature by each secret."""
        return " ".join(Webhook(secret).sign(message_id, at, body) for secret in self.secrets)


class Sealer:
    """Puts secrets into the database and takes them out; `key` gives the 32 bytes that seal them, on first use."""

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def make(self, connection: Connection, secret_id: str, now_ms: int) -> str:
        """A new secret in place of the one before, which signs as well for a day, if it can still be opened."""
        columns = table_of(SecretRow).c
        before = connection.scalar(select(columns.sealed).where(columns.secret_id == secret_id))
        if before is not None and not self._opens(before):
            before = None
        secret = new_secret()
        row = {
            "secret_id": secret_id,
            "sealed": self._fernet().encrypt(secret.encode()).decode(),
            "previous": before,
            "previous_until_ms": None if before is None else now_ms + OVERLAP_MS,
            "changed_at_ms": now_ms,
        }
        upsert(connection, SecretRow, [row])
        return secret

    def ensure(self, connection: Connection, secret_id: str, now_ms: int) -> None:
        """Sees to it that there is a secret; nobody is shown it before they rotate it."""
        row = {
            "secret_id": secret_id,
            "sealed": self._fernet().encrypt(new_secret().encode()).decode(),
            "previous": None,
            "previous_until_ms": None,
            "changed_at_ms": now_ms,
        }
        insert_missing(connection, SecretRow, [row])

    def signing(self, connection: Connection, secret_id: str, now_ms: int) -> Signing:
        """What signs now; SealBroken if it can't be opened."""
        row = connection.execute(
            select(SecretRow.sealed, SecretRow.previous, SecretRow.previous_until_ms).where(
                SecretRow.secret_id == secret_id
            )
        ).one_or_none()
        if row is None:
            return Signing(secrets=())
        sealed = [row.sealed]
        if row.previous is not None and (row.previous_until_ms or 0) > now_ms:
            sealed.append(row.previous)
        fernet = self._fernet()
        try:
            return Signing(secrets=tuple(fernet.decrypt(each.encode()).decode() for each in sealed))
        except InvalidToken as error:
            raise SealBroken from error

    def forget(self, connection: Connection, secret_id: str) -> None:
        """Removes the secret."""
        connection.execute(delete(SecretRow).where(SecretRow.secret_id == secret_id))

    def _opens(self, sealed: str) -> bool:
        try:
            self._fernet().decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def _fernet(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key()))
