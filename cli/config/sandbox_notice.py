"""What is said where the processes that parse media are held by less than they could be."""

from cli.config.settings import Settings
from ingest.sandbox.process import choose_sandbox, describe_sandbox

SANDBOX_ADVICE = (
    "install bubblewrap and allow unprivileged user namespaces: without them a parser that is taken over may read what"
    " this user may read"
)


def sandbox_notice(settings: Settings) -> str:
    """What to say at a start where processes that parse media are held by less than they could be; empty: nothing."""
    if settings.sandbox != "auto" or choose_sandbox("auto") == "bubblewrap":
        return ""
    return f"notice: {describe_sandbox('auto')}; {SANDBOX_ADVICE}"
