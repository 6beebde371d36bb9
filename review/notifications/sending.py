"""The job that sends digests: whose time has come, what waits for them, one mail each."""

import logging

from review.accounts.store import PeopleStore
from review.notifications.digest import compose
from review.notifications.mail import MailRefused, MailServer
from review.notifications.store import PreferenceStore

_log = logging.getLogger(__name__)


class Digests:
    """Sends the digests that are due; several processes may do so at once, each digest goes out by one of them."""

    def __init__(self, preferences: PreferenceStore, people: PeopleStore, server: MailServer, page_url: str) -> None:
        self._preferences = preferences
        self._people = people
        self._server = server
        self._page_url = page_url

    def send(self) -> int:
        """How many were sent. One that fails stops no other: it is logged without its address, and tried again."""
        taken = self._preferences.take()
        if not taken:
            return 0
        people = {account.person.id: account.person for account in self._people.accounts() if account.active}
        sent = 0
        for preference in taken:
            person = people.get(preference.person_id)
            digest = None if person is None else compose(preference, self._preferences.waiting(person), self._page_url)
            if digest is None:
                continue
            try:
                self._server.send(preference.email, digest.subject, digest.text)
            except MailRefused as error:
                _log.warning("the digest of person %s was not sent: %s", preference.person_id, error)
                self._preferences.sent(preference.person_id, failed=True)
            else:
                self._preferences.sent(preference.person_id, failed=False)
                sent += 1
        return sent
