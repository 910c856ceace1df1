"""The configuration: frozen sections with defaults, read once by a door from TOML and environment."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, Misconfigured
from fediverse_ai.core.urls import canonical_host, check_id

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
"""The name of a backend, which is part of addresses."""
PREFIX = "FEDIVERSE_AI__"
FILE = "config.toml"


def _secret(description: str) -> Any:
    return Field(default="", description=description, repr=False, json_schema_extra={"secret": True})


class Section(BaseModel):
    """Common to all sections: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class ServerSection(Section):
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    public_url: str = Field(
        "",
        description="The address under which the world reaches this server, e.g. https://pictures.example. "
        "It is part of every stored id: choose once. Empty is only possible in development.",
    )
    account_domain: str = Field(
        "",
        description="The domain of handles where it is another than that of public_url: with example.org, ann is "
        "@ann@example.org. It must lead WebFinger here. Choose once, it cannot be changed later.",
    )
    development: bool = Field(
        False,
        description="Allows loopback addresses, plain http and any port, here and at peers. Never on a public server.",
    )
    name: str = Field("Fediverse AI", max_length=100, description="The name of this server, shown to people.")
    description: str = Field(
        "Pictures made with AI, judged on this server and shared with the fediverse.",
        max_length=1000,
        description="One or two sentences about this server.",
    )
    contact: str = Field("", max_length=200, description="E-mail address or web address of the person in charge.")
    source_url: str = Field(
        "",
        max_length=500,
        description="Where the source code of the program that runs here can be had. The licence (AGPL) asks for it "
        "where the program was changed; shown on /about and said in NodeInfo.",
    )
    trusted_proxies: list[str] = Field(
        default=[], description="Addresses or networks whose X-Forwarded-For is believed."
    )
    tls_certificate: str = Field(
        "", description="PEM file with the certificate chain, to serve https without a proxy; needs tls_key."
    )
    tls_key: str = Field("", description="PEM file with the private key of tls_certificate.")

    @field_validator("source_url")
    @classmethod
    def _source_url(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s<>\"']+", value):
            raise ValueError("must look like https://code.example/fediverse-ai")
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        value = value.rstrip("/")
        if value:
            try:
                check_id(f"{value}/")
            except Malformed:
                raise ValueError("must look like https://pictures.example, in lower case") from None
            if value.count("/") != 2 or "?" in value or "#" in value:
                raise ValueError("must be an address without a path, like https://pictures.example")
        return value

    @field_validator("account_domain")
    @classmethod
    def _account_domain(cls, value: str) -> str:
        try:
            return canonical_host(value) if value else ""
        except Malformed:
            raise ValueError("must be a name like example.org") from None

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for entry in value:
            ipaddress.ip_network(entry, strict=False)
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> ServerSection:
        if self.development and not is_loopback(self.host):
            raise ValueError("development = true needs a loopback host such as 127.0.0.1")
        if not self.development and self.public_url.startswith("http://"):
            raise ValueError("public_url must begin with https:// unless development = true")
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key belong together: set both or neither")
        return self


class DatabaseSection(Section):
    url: str = _secret("Empty for SQLite in the data folder, or postgresql://user:password@host/name.")
    url_file: str = Field("", description="A file that holds the url instead.")
    pool_size: int = Field(10, ge=1, le=200, description="Connections to PostgreSQL per process.")

    def resolved(self) -> str:
        """The url, from the file if one is named. Raises Misconfigured when that cannot be read."""
        return self.url or _from_file(self.url_file, "database.url_file")


class MediaSection(Section):
    directory: str = Field("", description="Folder for pictures; empty for `media` in the data folder.")
    public_url: str = Field("", description="Address of media on another host; empty for public_url/media.")
    max_upload_bytes: int = Field(
        limits.UPLOAD_BODY_BYTES, ge=1024, description="Largest file a person may upload, in bytes."
    )
    remote_days: int = Field(7, ge=1, le=365, description="How long copies of others' pictures are kept, in days.")
    remote_bytes: int = Field(
        1024**3, ge=0, description="How much room those copies may take, in bytes; 0 for no copies at all."
    )
    reserve_bytes: int = Field(
        limits.DISK_RESERVE_BYTES,
        ge=0,
        description="When less is free on the disk, in bytes, no picture is made, taken in or copied from elsewhere: "
        "the rest is for the database.",
    )


class HttpSection(Section):
    ca_file: str = Field("", description="PEM file with further certificate authorities to trust.")
    hosts: dict[str, str] = Field(
        default={}, description="Names and the addresses to use for them instead of asking DNS; only in development."
    )
    timeout_seconds: float = Field(
        limits.FETCH_DOCUMENT_SECONDS, gt=0, le=120, description="Total time for one request to another server."
    )
    max_body_bytes: int = Field(
        limits.FETCH_BODY_BYTES, ge=1024, description="Largest document fetched, in bytes, unpacked."
    )
    ports: list[int] = Field(default=[443], description="Ports of other servers that may be asked.")


class FederationSection(Section):
    send_blocks: bool = Field(True, description="Whether another server is told when one of ours blocks its user.")
    authorized_fetch: bool = Field(False, description="Whether reading posts and actors needs a signed request.")
    allow_list: list[str] = Field(
        default=[],
        description="When not empty, only these servers and their subdomains are talked to; domain rules still count.",
    )

    @field_validator("allow_list")
    @classmethod
    def _hosts(cls, value: list[str]) -> list[str]:
        try:
            return [canonical_host(host) for host in value]
        except Malformed:
            raise ValueError("must be names of servers, like pictures.example") from None


class Backend(Section):
    """One configured generator, under its own name: [generation.backends.NAME]."""

    kind: str = Field(
        description="Which program talks to it: openai, sdcpp, comfyui, diffusers, or the name of a plug-in."
    )
    url: str = Field("", description="Its base address.")
    model: str = Field("", description="The model to ask for; a folder for diffusers.")
    api_key: str = _secret("The key, if it wants one.")
    api_key_file: str = Field("", description="A file that holds the key instead.")
    timeout_seconds: float = Field(0.0, ge=0, description="0 for generation.timeout_seconds.")
    at_once: int = Field(1, ge=1, le=64, description="Pictures made at the same time, by all processes together.")
    max_pixels: int = Field(0, ge=0, description="Largest picture, as width times height; 0 for no bound of its own.")
    watts: float = Field(0.0, ge=0, description="What it draws while it works, to tell energy per picture; 0: unknown.")
    daily: dict[str, int] = Field(
        default={}, description="Pictures a day by role, e.g. { member = 20 }; beside quotas.ROLE.pictures."
    )
    title: str = Field("", description="What people are told that it is; empty for the model's name.")
    licence: str = Field("", description="The model's licence.")
    homepage: str = Field("", description="Where people read more about the model.")
    data_sources: str = Field("", description="What the model learned from, as far as you know.")
    sha256: str = Field("", description="Digest of the model's files; for diffusers another one is refused.")
    options: dict[str, str | int | float | bool] = Field(default={}, description="Whatever else that kind understands.")

    def secret(self) -> str:
        """The key, from the file if one is named; empty for none. Raises Misconfigured when that cannot be read."""
        return self.api_key or _from_file(self.api_key_file, "api_key_file")


class GenerationSection(Section):
    default: str = Field("scene", description="The generator that is used unless a person chooses another.")
    timeout_seconds: float = Field(300.0, gt=0, description="Time for one picture, in seconds.")
    photographs: bool = Field(False, description="Let generators begin from pictures that AI did not make.")
    backends: dict[str, Backend] = Field(default={}, description="Further generators, by name.")

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, value: Any) -> Any:
        if isinstance(value, dict) and "daily" in value:
            raise ValueError("daily has moved: write pictures = … under [quotas.member], and so for each role")
        return value

    @field_validator("backends")
    @classmethod
    def _names(cls, value: dict[str, Backend]) -> dict[str, Backend]:
        if wrong := [name for name in value if not NAME.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r}: a name has lower-case letters, digits, - and _, and begins with a letter")
        return value


class Service(Backend):
    """One configured judging service, under its own name: [moderation.services.NAME]."""

    kind: str = Field(description="How it is asked: openai-moderation, guard or ollama.")
    timeout_seconds: float = Field(20.0, gt=0, description="Time for one question; late counts as hold.")


class ModerationSection(Section):
    policy_file: str = Field("", description="Policy file; empty for policy.toml in the data folder.")
    moderators: list[str] = Field(
        default=[], description="Which checks run; empty for all built-in ones and all services."
    )
    timeout_seconds: float = Field(30.0, gt=0, description="Time for one check; one that is late counts as hold.")
    two_people: bool = Field(False, description="What is held is decided by two moderators, where there are two.")
    judge_remote: bool = Field(
        False,
        description="Judge pictures of other servers before they are shown from here, at the policy's stage `remote`: "
        "refused ones are not shown, held ones covered. Takes seconds of processor time for each.",
    )
    describe_with: str = Field("", description="The service, of kind ollama, that drafts alt texts from pictures.")
    services: dict[str, Service] = Field(default={}, description="Further checks that ask somebody else, by name.")


class ProvenanceSection(Section):
    certificate: str = Field(
        "", description="PEM chain that signs pictures (C2PA), leaf first; empty for one of our own, made at the start."
    )
    key: str = Field("", description="PEM private key of the leaf; ES256.")
    watermark: bool = Field(
        False, description="An invisible mark in every picture made here; it survives what strips metadata."
    )


class LabelsSection(Section):
    hashtags: list[str] = Field(
        default=["AIGenerated"], description="Hashtags on every post with a picture made by AI; the first is required."
    )

    @field_validator("hashtags")
    @classmethod
    def _keeps_label(cls, value: list[str]) -> list[str]:
        if "AIGenerated" not in value:
            raise ValueError("must contain AIGenerated")
        return value


class PostingSection(Section):
    public_daily: dict[str, int] = Field(
        default={},
        description="Posts with pictures that people of a role may send to public timelines in a day, e.g. "
        "{ member = 3 }; a role that is not named has no bound. Quiet posts, the default, are not counted.",
    )
    human_tags: list[str] = Field(
        default=[
            *("art", "artist", "artists", "artwork", "mastoart", "fediart", "digitalart", "traditionalart"),
            *("illustration", "painting", "drawing", "sketch", "watercolor", "watercolour", "oilpainting", "inktober"),
            *("photography", "photo", "photographer", "comic", "comics", "humanart", "noai", "artistsonmastodon"),
        ],
        description="Hashtags under which people look for what people made: whoever posts a picture made by AI with "
        "one is asked first.",
    )

    @field_validator("human_tags")
    @classmethod
    def _names(cls, value: list[str]) -> list[str]:
        return [name.removeprefix("#").lower() for name in value]


class Quota(Section):
    """What people of one role may use; 0 is no bound."""

    pictures: int = Field(0, ge=0, description="Pictures made here in a day.")
    posts: int = Field(0, ge=0, description="Posts in a day, answers among them.")
    uploads: int = Field(0, ge=0, description="Pictures brought along in a day.")
    queued: int = Field(0, ge=0, description="Posts whose pictures wait to be made at the same time.")
    storage_bytes: int = Field(0, ge=0, description="Room that a person's pictures may take, in bytes.")


_QUOTAS = {
    "member": Quota(pictures=100, posts=100, uploads=100, queued=5, storage_bytes=2 * 1024**3),
    "moderator": Quota(pictures=200, posts=200, uploads=200, queued=10, storage_bytes=4 * 1024**3),
    "admin": Quota(),
    "owner": Quota(),
}


class QuotasSection(Section):
    """A quota for each role; the defaults fit a small machine."""

    member: Quota = Field(_QUOTAS["member"], description="Of members.")
    moderator: Quota = Field(_QUOTAS["moderator"], description="Of moderators.")
    admin: Quota = Field(_QUOTAS["admin"], description="Of admins.")
    owner: Quota = Field(_QUOTAS["owner"], description="Of owners.")

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, value: Any) -> Any:
        """Who sets one number of a role keeps the defaults of the others."""
        if not isinstance(value, dict):
            return value
        return {
            role: _QUOTAS[role].model_dump() | given if role in _QUOTAS and isinstance(given, dict) else given
            for role, given in value.items()
        }

    def of(self, role: str) -> Quota:
        """The quota of a role; of a word that is no role the members'."""
        found = getattr(self, role, self.member)
        return found if isinstance(found, Quota) else self.member


class MailSection(Section):
    host: str = Field("", description="Mail server (SMTP) that takes what this server sends; empty: no mail is sent.")
    port: int = Field(587, ge=1, le=65535, description="Its port: 587 with starttls, 465 with tls.")
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the way to it is kept private; none is for a mail server on this machine."
    )
    user: str = Field("", description="The name to sign in with; empty for none.")
    password: str = _secret("The password that belongs to it.")
    password_file: str = Field("", description="A file that holds the password instead.")
    from_address: str = Field("", description="The address that mail comes from, e.g. pictures@example.org.")

    @model_validator(mode="after")
    def _whole(self) -> MailSection:
        if self.host and "@" not in self.from_address:
            raise ValueError("host needs from_address, an address like pictures@example.org")
        if self.tls == "none" and self.user and not is_loopback(self.host):
            raise ValueError('tls = "none" with a user needs a mail server on this machine')
        return self

    def secret(self) -> str:
        """The password, from the file if one is named. Raises Misconfigured when that cannot be read."""
        return self.password or _from_file(self.password_file, "mail.password_file")


class JobsSection(Section):
    poll_seconds: float = Field(1.0, ge=0.02, le=60, description="How often a queue looks for work, in seconds.")
    concurrency: dict[str, int] = Field(
        default={}, description="Jobs at once by queue, where the built-in number does not fit, e.g. { out = 8 }."
    )
    keep_days: int = Field(7, ge=1, le=365, description="How long finished jobs are kept, in days.")
    elsewhere: list[str] = Field(
        default=[],
        description='Queues that `serve` leaves to other processes, e.g. ["generate"] for a worker on a machine with '
        "a GPU; needs PostgreSQL.",
    )


class LogSection(Section):
    format: Literal["console", "json"] = Field("console", description="Lines for people or for machines.")
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")


class MetricsSection(Section):
    listen: str = Field(
        "",
        description="Address and port apart from the public one where /metrics, /healthz and /readyz answer, "
        "e.g. 127.0.0.1:9464; empty for none.",
    )
    token: str = _secret("With it as a bearer token /metrics and /readyz answer on the public port too.")
    token_file: str = Field("", description="A file that holds the token instead.")

    @field_validator("listen")
    @classmethod
    def _address(cls, value: str) -> str:
        host, colon, port = value.rpartition(":")
        if value and not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ValueError("must be an address and a port, like 127.0.0.1:9464 or [::1]:9464")
        return value

    def secret(self) -> str:
        """The token, from the file if one is named; empty for none. Raises Misconfigured when that cannot be read."""
        return self.token or _from_file(self.token_file, "metrics.token_file")


class BackupSection(Section):
    enabled: bool = Field(True, description="Make a backup every day by itself.")
    hour: int = Field(3, ge=0, le=23, description="From which hour on, UTC.")
    folder: str = Field(
        "", description="Where backups lie, best on another disk; empty for `backups` in the data folder."
    )
    media: bool = Field(True, description="Keep pictures beside the backups too; each is kept once.")
    keys: bool = Field(
        False,
        description="Put secret.key into backups. Without it nobody can sign as this server, or restore it, unless the "
        "file is kept elsewhere.",
    )
    passphrase_file: str = Field(
        "", description="A file with a passphrase: backups are encrypted (age); empty for readable ones."
    )
    keep_daily: int = Field(7, ge=1, le=366, description="How many days keep their newest backup.")
    keep_weekly: int = Field(4, ge=0, le=260, description="How many weeks keep their newest backup.")
    pg_tools: str = Field("", description="Folder of pg_dump and pg_restore; empty to look for them on the PATH.")

    def passphrase(self) -> str:
        """The passphrase, empty for none. Raises Misconfigured when its file cannot be read."""
        return _from_file(self.passphrase_file, "backup.passphrase_file")


class Config(Section):
    """All sections, and the data folder, which is given on the command line and is no key of the file."""

    data_dir: Path = Field(default=Path("instance"), exclude=True)
    server: ServerSection = ServerSection()
    database: DatabaseSection = DatabaseSection()
    media: MediaSection = MediaSection()
    http: HttpSection = HttpSection()
    federation: FederationSection = FederationSection()
    generation: GenerationSection = GenerationSection()
    moderation: ModerationSection = ModerationSection()
    provenance: ProvenanceSection = ProvenanceSection()
    labels: LabelsSection = LabelsSection()
    posting: PostingSection = PostingSection()
    quotas: QuotasSection = QuotasSection()
    mail: MailSection = MailSection()
    jobs: JobsSection = JobsSection()
    log: LogSection = LogSection()
    backup: BackupSection = BackupSection()
    metrics: MetricsSection = MetricsSection()

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def public_url(self) -> str:
        """The public address without a trailing slash. Raises Misconfigured when it is needed but not set."""
        if self.server.public_url:
            return self.server.public_url
        if self.server.development:
            host = f"[{self.server.host}]" if ":" in self.server.host else self.server.host
            return f"http://{host}:{self.server.port}"
        raise Misconfigured("server.public_url is not set; write the https address of this server into config.toml.")

    @property
    def host(self) -> str:
        """The host of `public_url`, with a port only in development: what requests are addressed to."""
        return self.public_url.partition("://")[2]

    @property
    def account_host(self) -> str:
        """The part of our handles after the @: that of `public_url` unless another domain was chosen for them."""
        return self.server.account_domain or self.host

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """Every host under which somebody here may be named: handles', and `public_url`'s."""
        return tuple(dict.fromkeys((self.account_host, self.host)))

    @property
    def media_url(self) -> str:
        """The address under which media files lie, without a trailing slash."""
        return self.media.public_url.rstrip("/") or f"{self.public_url}/media"

    @property
    def media_dir(self) -> Path:
        """The folder of media files."""
        return Path(self.media.directory) if self.media.directory else self.data_dir / "media"

    @property
    def backup_dir(self) -> Path:
        """The folder of backups."""
        return Path(self.backup.folder) if self.backup.folder else self.data_dir / "backups"

    def explain(self) -> Iterator[tuple[str, str, str]]:
        """(key, value, origin) of every key for `config check`; secrets are hidden, origin is default, file or env."""
        for section, model in _sections(self):
            for name, info in type(model).model_fields.items():
                key = f"{section}.{name}"
                value = _hidden(getattr(model, name), info)
                yield key, json.dumps(value, ensure_ascii=False), self._origins.get(key, "default")


def is_loopback(host: str) -> bool:
    """Whether a listening address reaches this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load(data_dir: Path | None = None, file: Path | None = None, env: Mapping[str, str] | None = None) -> Config:
    """The configuration of a data folder: defaults, then DIR/config.toml, then FEDIVERSE_AI__SECTION__KEY.

    Raises Misconfigured with the key and the cure. A file that is named must exist; the folder's own need not.
    """
    folder = data_dir or Path("instance")
    path = file or folder / FILE
    values, origins = _read_toml(path, needed=file is not None)
    for key, value in (os.environ if env is None else env).items():
        if key.startswith(PREFIX):
            _put(values, origins, key, value)
    if "data_dir" in values:
        raise Misconfigured(f"{path}: data_dir is no key; use the option --data.")
    try:
        config = Config(data_dir=folder, **values)
    except ValidationError as error:
        raise Misconfigured(_sentence(error, origins, path)) from None
    config._origins.update(origins)
    return config


def _read_toml(path: Path, *, needed: bool) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if needed:
            raise Misconfigured(f"The configuration file {path} does not exist.") from None
        return {}, {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"The configuration file {path} cannot be read: {error}") from None
    origins = {
        f"{section}.{name}": str(path)
        for section, entries in values.items()
        if isinstance(entries, dict)
        for name in entries
    }
    return values, origins


def _put(values: dict[str, Any], origins: dict[str, str], variable: str, value: str) -> None:
    path = [part.lower() for part in variable.removeprefix(PREFIX).split("__")]
    node = values
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise Misconfigured(f"{variable} does not name a key of the configuration.")
    try:
        node[path[-1]] = json.loads(value) if value[:1] in ("[", "{") else value
    except json.JSONDecodeError:
        raise Misconfigured(f"{variable} begins like JSON but is not.") from None
    origins[".".join(path[:2])] = "environment"


def _sentence(error: ValidationError, origins: Mapping[str, str], path: Path) -> str:
    problems = []
    for item in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in item["loc"])
        message = (
            "is not a known key" if item["type"] == "extra_forbidden" else item["msg"].removeprefix("Value error, ")
        )
        origin = origins.get(".".join(key.split(".")[:2]), str(path))
        problems.append(f"{key}: {message} (from {origin})")
    return "Configuration: " + "; ".join(problems)


def _from_file(path: str, key: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{key}: {path} cannot be read: {error}") from None


def _sections(config: Config) -> Iterator[tuple[str, Section]]:
    for name in Config.model_fields:
        value = getattr(config, name)
        if isinstance(value, Section):
            yield name, value


def _hidden(value: Any, info: FieldInfo) -> Any:
    if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("secret"):
        return "[set]" if value else ""
    if isinstance(value, Section):
        return {name: _hidden(getattr(value, name), field) for name, field in type(value).model_fields.items()}
    if isinstance(value, dict):
        return {key: _hidden(item, FieldInfo()) for key, item in value.items()}
    return value


TABLES_OF: dict[str, tuple[tuple[str, type[Section], str], ...]] = {
    "generation": (("backends", Backend, "openai"),),
    "moderation": (("services", Service, "guard"),),
}
"""Tables of tables: under which name, with which keys, and the kind that the example shows."""


def example() -> str:
    """The text of config.example.toml: every key with its default and what it means."""
    lines = [
        "# Every key of the configuration with its default. Copy what you change to DIR/config.toml.",
        "# Each key can also be given by environment: server.port is FEDIVERSE_AI__SERVER__PORT.",
    ]
    for section, model in _sections(Config()):
        fields = type(model).model_fields
        # Sections of sections stand under their own headings.
        below = [name for name in fields if isinstance(getattr(model, name), Section)]
        lines += [] if below else ["", f"[{section}]"]
        for name, info in fields.items():
            if name not in below:
                lines += _example_key(name, getattr(model, name), info)
        for name in below:
            lines += ["", f"[{section}.{name}]"]
            inner = getattr(model, name)
            for key, about in type(inner).model_fields.items():
                lines += _example_key(key, getattr(inner, key), about)
        for table, model_of, kind in TABLES_OF.get(section, ()):
            lines += ["", f"# [{section}.{table}.NAME]"]
            for name, info in model_of.model_fields.items():
                default = kind if info.is_required() else info.get_default()
                lines += [line if line.startswith("#") else f"# {line}" for line in _example_key(name, default, info)]
    return "\n".join(lines) + "\n"


def _example_key(name: str, value: Any, info: FieldInfo) -> list[str]:
    words: list[str] = []
    for word in (info.description or "").split():
        if words and len(words[-1]) + len(word) < 110:
            words[-1] += f" {word}"
        else:
            words.append(word)
    shown = json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        shown = f"{{ {', '.join(f'{key} = {json.dumps(item)}' for key, item in value.items())} }}" if value else "{}"
    comment = [f"# {line}" for line in words]
    # An empty table of tables is written as its own heading when it is used.
    return comment if name in ("backends", "services") else [*comment, f"{name} = {shown}"]
