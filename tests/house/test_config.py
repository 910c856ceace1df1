"""The example configuration is the defaults, every key explained; wrong keys and values are refused clearly."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from fediverse_ai.core.config import Backend, Config, Section, Service, example, load
from fediverse_ai.core.errors import Misconfigured

ROOT = Path(__file__).parents[2]


def sections() -> dict[str, type[Section]]:
    config = Config()
    found = {name: type(getattr(config, name)) for name in Config.model_fields}
    return {name: kind for name, kind in found.items() if issubclass(kind, Section)}


def test_the_example_file_is_what_the_program_writes() -> None:
    assert (ROOT / "config.example.toml").read_text("utf-8") == example()


def test_the_example_is_the_defaults() -> None:
    assert Config(**tomllib.loads(example())) == Config()


def test_the_example_names_every_key() -> None:
    given = tomllib.loads(example())
    for name, kind in sections().items():
        assert set(kind.model_fields) - set(given[name]) <= {"backends", "services"}, name


@pytest.mark.parametrize("kind", [*sections().values(), Backend, Service], ids=lambda kind: kind.__name__)
def test_every_key_is_explained(kind: type[Section]) -> None:
    for name, info in kind.model_fields.items():
        assert info.description, name
        assert info.description.endswith((".", '"')), name


def test_later_sources_win_and_are_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[server]\nport = 8100\nname = "From file"\n')
    env = {"FEDIVERSE_AI__SERVER__PORT": "8200", "FEDIVERSE_AI__LABELS__HASHTAGS": '["AIGenerated", "Art"]'}
    config = load(tmp_path, env=env)
    assert (config.server.port, config.server.name) == (8200, "From file")
    assert config.labels.hashtags == ["AIGenerated", "Art"]
    told = {key: (value, origin) for key, value, origin in config.explain()}
    assert told["server.port"] == ("8200", "environment")
    assert told["server.name"] == ('"From file"', str(tmp_path / "config.toml"))
    assert told["server.host"] == ('"127.0.0.1"', "default")


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    secret_file = tmp_path / "key"
    secret_file.write_text("from-the-file\n")
    env = {
        "FEDIVERSE_AI__DATABASE__URL": "postgresql://u:canary-1@h/d",
        "FEDIVERSE_AI__GENERATION__BACKENDS__BOX__KIND": "openai",
        "FEDIVERSE_AI__GENERATION__BACKENDS__BOX__API_KEY": "canary-2",
        "FEDIVERSE_AI__GENERATION__BACKENDS__OTHER__KIND": "openai",
        "FEDIVERSE_AI__GENERATION__BACKENDS__OTHER__API_KEY_FILE": str(secret_file),
    }
    config = load(tmp_path, env=env)
    assert config.generation.backends["box"].secret() == "canary-2"
    assert config.generation.backends["other"].secret() == "from-the-file"
    shown = repr(config) + str(config) + "".join(value for _, value, _ in config.explain())
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"FEDIVERSE_AI__SERVER__PRT": "1"}, "server.prt: is not a known key"),
        ({"FEDIVERSE_AI__SEVER__PORT": "1"}, "sever: is not a known key"),
        ({"FEDIVERSE_AI__SERVER__PORT": "0"}, "server.port"),
        ({"FEDIVERSE_AI__SERVER__PORT": "65536"}, "server.port"),
        ({"FEDIVERSE_AI__SERVER__PUBLIC_URL": "http://pictures.example"}, "https"),
        ({"FEDIVERSE_AI__SERVER__PUBLIC_URL": "https://pictures.example/path"}, "without a path"),
        ({"FEDIVERSE_AI__SERVER__PUBLIC_URL": "https://Pictures.example"}, "lower case"),
        ({"FEDIVERSE_AI__SERVER__DEVELOPMENT": "true", "FEDIVERSE_AI__SERVER__HOST": "0.0.0.0"}, "loopback"),
        ({"FEDIVERSE_AI__LABELS__HASHTAGS": "[]"}, "AIGenerated"),
        ({"FEDIVERSE_AI__HTTP__HOSTS": "{broken"}, "JSON"),
        ({"FEDIVERSE_AI__DATA_DIR": "/x"}, "--data"),
    ],
)
def test_what_is_wrong_is_refused_with_its_key(tmp_path: Path, env: dict[str, str], words: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path, env=env)
    assert words in str(refused.value)


def test_a_broken_or_missing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[server\n")
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(tmp_path, env={})
    with pytest.raises(Misconfigured, match="does not exist"):
        load(tmp_path, file=tmp_path / "other.toml", env={})


def test_addresses_follow_from_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"server\.public_url"):
        _ = load(tmp_path, env={}).public_url
    real = load(tmp_path, env={"FEDIVERSE_AI__SERVER__PUBLIC_URL": "https://pictures.example/"})
    assert (real.public_url, real.host, real.media_url) == (
        "https://pictures.example",
        "pictures.example",
        "https://pictures.example/media",
    )
    local = load(tmp_path, env={"FEDIVERSE_AI__SERVER__DEVELOPMENT": "true", "FEDIVERSE_AI__SERVER__PORT": "8123"})
    assert (local.public_url, local.host) == ("http://127.0.0.1:8123", "127.0.0.1:8123")


def test_the_configuration_does_not_change() -> None:
    with pytest.raises(ValidationError):
        Config().server.port = 1  # type: ignore[misc]
