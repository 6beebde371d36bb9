"""What a serving process does beside its pages, in a process of its own: it tells customers and looks after leases."""

import sys
import threading

from cli.config.enforcement import enforcement_setup
from cli.config.settings import load_settings
from net.guard import NetPolicy
from review.background_jobs import BackgroundJobs
from review.stores import Stores
from review.webhooks.retry_queue import Patience


def main(database_url: str) -> None:
    """Serves until it is killed."""
    settings = load_settings()
    stores = Stores.open(database_url, enforcement=enforcement_setup(settings))
    BackgroundJobs(stores, settings.data_dir.absolute(), retention=stores.retention()).start()
    stores.sender(NetPolicy.parse(("127.0.0.1",)), patience=Patience(rest_s=0.2, lease_ms=4_000)).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
