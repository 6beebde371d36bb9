"""Settings: the packaged defaults, under a file, under the environment; unknown keys are refused."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

import configs
from claims.passports.bounds import PassportBounds
from claims.suggestions import SuggestionBounds
from cli.config.second_reader import PREFIX as SECOND_READER
from cli.config.second_reader import SecondReaderSettings, from_environment, known_in_environment
from ingest.types import EndPolicy, RetentionLimits
from net.errors import ZhenyanError
from review.judge_pool.limits import JudgingTerms
from review.policies.folders import in_force_folder
from review.prebroadcast.limits import MOST_CHARS, MOST_PRODUCTS, MOST_ROWS, CheckLimits
from review.scheduling.lease_terms import LeaseTerms
from review.stretches.types import StretchTerms

# What speaks to an authority of time stamps is an extra: it is looked for where one is named.
if TYPE_CHECKING:
    from review.timestamps import TimeAuthority

PREFIX = "ZHENYAN_"
RoleName = Literal["reviewer", "senior", "admin", "auditor"]


class SettingsError(ZhenyanError):
    """A setting is wrong; the operator can act."""


class Settings(BaseSettings):
    """What `configs/default.yaml` explains, checked."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path
    models_dir: str
    database_url: Annotated[str, Field(repr=False)]
    device: Literal["auto", "cpu", "cuda"]
    threads: Annotated[int, Field(ge=1, le=64)]
    asr_model: Annotated[str, Field(min_length=1)]
    screen_side_px: Annotated[int, Field(ge=320, le=4096)]
    allow_net: Annotated[tuple[str, ...], NoDecode]
    trust_ca: str
    timestamp_url: str
    timestamp_roots: str
    sandbox: Literal["auto", "bubblewrap", "rlimits"]
    source_start_s: Annotated[float, Field(ge=0, le=86_400)]
    source_away_s: Annotated[float, Field(ge=1, le=86_400)]
    keep_hours: Annotated[float, Field(ge=0)]
    keep_gb: Annotated[float, Field(ge=0)]
    keep_free_gb: Annotated[float, Field(ge=0)]
    asr_hotwords: bool
    asr_rehear: bool
    asr_processes: Annotated[int, Field(ge=0, le=64)]
    asr_budget_ms: Annotated[int, Field(ge=0, le=5_000)]
    num_gpus: Annotated[float, Field(ge=0, le=64)]
    worker_places: Annotated[int, Field(ge=0, le=10_000)]
    worker_shards: Annotated[int, Field(ge=1, le=64)]
    worker_hearing: Annotated[int, Field(ge=1, le=64)]
    worker_reading: Annotated[int, Field(ge=1, le=64)]
    worker_free_share: Annotated[float, Field(ge=0, le=0.9)]
    worker_hand_over_s: Annotated[float, Field(ge=0, le=3_600)]
    worker_frames_mb: Annotated[int, Field(ge=16, le=100_000)]
    worker_recycle_hours: Annotated[float, Field(ge=0, le=8_760)]
    worker_recycle_gb: Annotated[float, Field(ge=0, le=10_000)]
    urgent_share: Annotated[float, Field(ge=0, le=1)]
    stretch_s: Annotated[float, Field(ge=1, le=3_600)]
    stretch_days: Annotated[float, Field(ge=0.01, le=3_650)]
    health_no_speech_s: Annotated[float, Field(ge=1, le=86_400)]
    health_black_s: Annotated[float, Field(ge=1, le=86_400)]
    health_frozen_s: Annotated[float, Field(ge=1, le=86_400)]
    health_lagging_s: Annotated[float, Field(ge=1, le=86_400)]
    embed_model: str
    semantic: Annotated[str, Field(min_length=1)]
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=0, le=65535)]
    public_url: str
    evidence_url: str
    webhook_url: str
    webhook_secret: Annotated[str, Field(repr=False)]
    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65_535)]
    smtp_security: Literal["starttls", "tls", "none"]
    smtp_user: str
    smtp_password: Annotated[str, Field(repr=False)]
    smtp_from: str
    metrics_token: Annotated[str, Field(repr=False)]
    trace_url: Annotated[str, Field(repr=False, pattern=r"^(https?://\S+)?$")]
    waiting_per_key: Annotated[int, Field(ge=1, le=10_000)]
    rate_storage: Annotated[str, Field(repr=False)]
    judging_processes: Annotated[int, Field(ge=1, le=64)]
    judging_memory_mb: Annotated[int, Field(ge=500, le=1_000_000)]
    judging_recycle_jobs: Annotated[int, Field(ge=1, le=10_000_000)]
    judging_deadline_s: Annotated[float, Field(ge=1, le=3_600)]
    judging_wait_s: Annotated[float, Field(ge=1, le=3_600)]
    judging_places: Annotated[int, Field(ge=2, le=100_000)]
    judging_per_key: Annotated[int, Field(ge=1, le=10_000)]
    judging_small_kb: Annotated[int, Field(ge=1, le=10_000)]
    check_body_kb: Annotated[int, Field(ge=1, le=2_048)]
    check_chars: Annotated[int, Field(ge=1, le=MOST_CHARS)]
    check_sentences: Annotated[int, Field(ge=1, le=MOST_CHARS)]
    check_rows: Annotated[int, Field(ge=1, le=MOST_ROWS)]
    check_products: Annotated[int, Field(ge=1, le=MOST_PRODUCTS)]
    check_passports_kb: Annotated[int, Field(ge=1, le=100_000)]
    suggest_least_block: Annotated[float, Field(ge=0, le=1)]
    suggest_most_pass: Annotated[float, Field(ge=0, le=1)]
    passport_entries: Annotated[int, Field(ge=1, le=100_000)]
    passport_values: Annotated[int, Field(ge=10, le=1_000_000)]
    passport_text_chars: Annotated[int, Field(ge=10, le=1_000_000)]
    passport_name_chars: Annotated[int, Field(ge=1, le=10_000)]
    policy_dir: str
    learning_across_tenants: bool
    learning_every_hours: Annotated[float, Field(ge=0, le=8_760)]
    spot_share: Annotated[float, Field(ge=0, le=1)]
    spot_a_day: Annotated[int, Field(ge=0, le=100_000)]
    golden_share: Annotated[float, Field(ge=0, le=0.5)]
    figures_from: Annotated[int, Field(ge=1, le=10_000)]
    second_reader: SecondReaderSettings
    auth: Literal["none", "local", "oidc"]
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: Annotated[str, Field(repr=False)]
    oidc_role_claim: str
    oidc_roles: dict[str, RoleName]
    oidc_default_role: RoleName | Literal[""]

    @field_validator("allow_net", mode="before")
    @classmethod
    def _split_hosts(cls, value: Any) -> Any:
        """A text, as the environment gives it, holds hosts separated by commas."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

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
    def time_authority(self) -> "TimeAuthority | None":
        """Who stamps heads and packs; None where the settings name nobody. TimestampError for roots that are none."""
        if not self.timestamp_url:
            return None
        from net.guard import NetPolicy
        from review.timestamps import TimeAuthority, read_roots

        net = NetPolicy.parse(self.allow_net, Path(self.trust_ca) if self.trust_ca else None)
        return TimeAuthority(url=self.timestamp_url, roots=read_roots(Path(self.timestamp_roots)), net=net)

    @property
    def lease_terms(self) -> LeaseTerms:
        """The rules by which broadcasts are lent to workers, and orders admitted."""
        return LeaseTerms(urgent_share=self.urgent_share, lagging_ms=round(self.health_lagging_s * 1000))

    @property
    def stretch_terms(self) -> StretchTerms:
        """How long stretches are, and after how long of it silence, a black or a frozen picture is told."""
        return StretchTerms(
            length_ms=round(self.stretch_s * 1000),
            no_speech_ms=round(self.health_no_speech_s * 1000),
            black_ms=round(self.health_black_s * 1000),
            frozen_ms=round(self.health_frozen_s * 1000),
        )

    @property
    def judging_terms(self) -> JudgingTerms:
        """How much the serving process has judged at once, for how long, and for whom."""
        return JudgingTerms(
            processes=self.judging_processes,
            memory_mb=self.judging_memory_mb,
            recycle_jobs=self.judging_recycle_jobs,
            deadline_s=self.judging_deadline_s,
            wait_s=self.judging_wait_s,
            places=self.judging_places,
            per_key=self.judging_per_key,
            small_kb=self.judging_small_kb,
        )

    @property
    def check_limits(self) -> CheckLimits:
        """How much one request may send to be checked."""
        return CheckLimits(
            chars=self.check_chars,
            rows=self.check_rows,
            pieces=self.check_sentences,
            products=self.check_products,
            body_kb=self.check_body_kb,
            passports_kb=self.check_passports_kb,
            passport=self.passport_bounds,
        )

    @property
    def suggestion_bounds(self) -> SuggestionBounds:
        """Within what customers set their thresholds."""
        return SuggestionBounds(least_block=self.suggest_least_block, most_pass=self.suggest_most_pass)

    @property
    def passport_bounds(self) -> PassportBounds:
        """How large a passport may be."""
        return PassportBounds(
            entries=self.passport_entries,
            values=self.passport_values,
            text_chars=self.passport_text_chars,
            name_chars=self.passport_name_chars,
        )

    @property
    def policy_folder(self) -> Path:
        """The policy in force: the one that is set, or else the one that went live, or else the packaged one."""
        return Path(self.policy_dir) if self.policy_dir else in_force_folder(self.data_dir) or configs.POLICY_DIR

    @property
    def models_folder(self) -> Path:
        """Where weights are joined, downloaded and converted: `models` in the data folder, where none is set."""
        return (Path(self.models_dir) if self.models_dir else self.data_dir / "models").absolute()

    def job_values(self) -> dict[str, Any]:
        """What every screening takes from the settings, by the names that `ScreenJob` has for it."""
        gigabyte = 1_000_000_000
        return {
            "data_dir": self.data_dir,
            "database_url": self.store_url,
            "asr_model": self.asr_model,
            "asr_hotwords": self.asr_hotwords,
            "asr_rehear": self.asr_rehear,
            "asr_processes": self.asr_processes,
            "asr_budget_ms": self.asr_budget_ms,
            "num_gpus": self.num_gpus,
            "device": self.device,
            "threads": self.threads,
            "screen_side_px": self.screen_side_px,
            "sandbox": self.sandbox,
            "trust_ca": Path(self.trust_ca) if self.trust_ca else None,
            "end": EndPolicy(start_s=self.source_start_s, away_s=self.source_away_s),
            "retention": RetentionLimits(
                max_age_ms=round(self.keep_hours * 3_600_000) or None,
                max_bytes=round(self.keep_gb * gigabyte) or None,
                min_free_bytes=round(self.keep_free_gb * gigabyte) or None,
            ),
            "embed_model": self.embed_model,
            "semantic": self.semantic,
            "models": self.models_folder,
            "stretches": self.stretch_terms,
        }


def load_settings(file: Path | None = None) -> Settings:
    """The settings in force; SettingsError names the source and the key that is wrong."""
    in_environment = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}
    for name in sorted(in_environment):
        known = name.removeprefix(PREFIX).lower() in Settings.model_fields
        if not known and name not in known_in_environment():
            raise SettingsError(
                f"environment variable {name}: unknown setting; unset it or correct its name ({_known()})"
            )
    values = read_settings_file(configs.ROOT / "default.yaml")
    if file is not None:
        values = _over(values, read_settings_file(file))
    try:
        values["second_reader"] = from_environment(values["second_reader"])
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"][:2])) if first["loc"][0] == "second_reader" else str(first["loc"][0])
        variable = f"{SECOND_READER}{key.removeprefix('second_reader.').upper()}"
        if key.startswith("second_reader.") and variable in in_environment:
            raise SettingsError(f"environment variable {variable}: {first['msg']}; correct or unset it") from error
        if PREFIX + key.upper() in in_environment:
            raise SettingsError(
                f"environment variable {PREFIX}{key.upper()}: {first['msg']}; correct or unset it"
            ) from error
        if first["type"] == "extra_forbidden":
            raise SettingsError(f"settings {file}: {key}: unknown setting; correct its name ({_known()})") from error
        raise SettingsError(f"settings {file}: {key}: {first['msg']}; correct it") from error


def _over(values: dict[str, object], given: dict[str, object]) -> dict[str, object]:
    """The values under those given; of a block, only the parts that are given."""
    block, own = values.get("second_reader"), given.get("second_reader")
    if isinstance(block, dict) and isinstance(own, dict):
        given = given | {"second_reader": block | own}
    return values | given


def _known() -> str:
    return "known: " + ", ".join(Settings.model_fields)


def read_settings_file(file: Path) -> dict[str, object]:
    """The settings that a file gives, unchecked; SettingsError where it is none."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings {file}: cannot be read: {error.strerror}; give a YAML file") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"settings {file}: is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"settings {file}: must be a mapping of settings, such as `threads: 2`")
    return {str(key): value for key, value in content.items()}
