"""What a replay takes from the settings."""

from pathlib import Path

from cli.config.settings import Settings
from cluster.replay.run import ReplayJob


def replay_job(settings: Settings, candidate: Path) -> ReplayJob:
    """A replay of this candidate beside the policy in force."""
    return ReplayJob(
        candidate=candidate,
        live=settings.policy_folder,
        database_url=settings.store_url,
        data_dir=settings.data_dir.absolute(),
        semantic=settings.semantic,
        device=settings.device,
        threads=settings.threads,
        models=settings.models_folder,
    )
