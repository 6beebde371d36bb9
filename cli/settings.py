"""Settings: the packaged defaults, under a file, under the environment; unknown keys are refused."""

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

import configs
from ingest.errors import ZhenyanError


class SettingsError(ZhenyanError):
    """A setting is wrong; the operator can act."""


class Settings(BaseSettings):
    """What `configs/default.yaml` explains, checked."""

    model_config = SettingsConfigDict(env_prefix="ZHENYAN_", extra="forbid", frozen=True)

    data_dir: Path
    database_url: Annotated[str, Field(repr=False)]
    device: Literal["auto", "cpu", "cuda"]
    threads: Annotated[int, Field(ge=1, le=64)]
    asr_model: Annotated[str, Field(min_length=1)]
    screen_side_px: Annotated[int, Field(ge=320, le=4096)]
    allow_net: tuple[str, ...]
    host: str
    port: Annotated[int, Field(ge=0, le=65535)]
    policy_dir: str

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over files."""
        return env_settings, init_settings

    @property
    def store_url(self) -> str:
        """The database's URL; SQLite in the data folder where none is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'zhenyan.db').resolve()}"

    @property
    def policy_folder(self) -> Path:
        """The policy in force."""
        return Path(self.policy_dir) if self.policy_dir else configs.POLICY_DIR


def load_settings(file: Path | None = None) -> Settings:
    """The settings in force; SettingsError names the source and the key that is wrong."""
    values = _read(configs.ROOT / "default.yaml")
    if file is not None:
        values |= _read(file)
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(p) for p in first["loc"])
        reason = "unknown setting" if first["type"] == "extra_forbidden" else first["msg"]
        raise SettingsError(f"settings {file or 'of the environment'}: {key}: {reason}") from error


def _read(file: Path) -> dict[str, object]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings {file}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"settings {file}: is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"settings {file}: must be a mapping of settings")
    return content
