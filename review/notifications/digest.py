"""A digest in the reader's language: how much waits and where; no name, no quotation, nothing of a case itself."""

from dataclasses import dataclass

from review.notifications.types import NotificationPreference, Topic, Waiting
from review.presentation.language import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A mail's subject and text."""

    subject: str
    text: str


def compose(preference: NotificationPreference, waiting: Waiting, page_url: str) -> Digest | None:
    """The digest of the topics that the person wants; None: nothing of them waits.

    `page_url`: this server as people reach it; empty: the digest has no links.
    """
    words = Words(preference.language)
    entries = [
        *_deadlines(words, waiting, preference),
        *_appeals(words, waiting, preference),
        *_late(words, waiting, preference),
    ]
    if not entries:
        return None
    base = page_url.rstrip("/")
    lines = [f"{line}\n{base}{path}" if base else line for line, path in entries]
    body = "\n\n".join((words("mail.greeting"), *lines, words("mail.why")))
    return Digest(subject=words("mail.subject", n=len(entries)), text=f"{body}\n")


def _deadlines(words: Words, waiting: Waiting, preference: NotificationPreference) -> list[tuple[str, str]]:
    if Topic.DEADLINES not in preference.topics or not waiting.proposals:
        return []
    return [(words("mail.proposals", n=waiting.proposals, soon=waiting.proposals_soon), "/measures")]


def _appeals(words: Words, waiting: Waiting, preference: NotificationPreference) -> list[tuple[str, str]]:
    if Topic.APPEALS not in preference.topics or not waiting.appeals:
        return []
    line = words("mail.appeals", n=waiting.appeals, soon=waiting.appeals_soon, over=waiting.appeals_over)
    return [(line, "/appeals")]


def _late(words: Words, waiting: Waiting, preference: NotificationPreference) -> list[tuple[str, str]]:
    if Topic.LATE not in preference.topics or not waiting.late:
        return []
    each = words("mail.and").join(f"{words.term('severity', severity)} {count}" for severity, count in waiting.late)
    return [(words("mail.late", n=sum(count for _, count in waiting.late), each=each), "/")]
