"""Settings: one frozen object, stated precedence, unknown keys that name the nearest known one."""

import pytest
from pydantic import ValidationError

from pipelines.settings.load import load_settings
from pipelines.settings.settings import SettingsError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("TAPEWIRE_HOME", "TAPEWIRE_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def test_the_default_is_the_simulated_market_with_its_fixed_end():
    settings = load_settings()
    assert settings.profile == "simulated"
    assert settings.simulated.enabled
    assert settings.moment().isoformat() == "2025-01-01T00:00:00+00:00"


def test_file_profile_variable_and_flag_override_each_other_in_this_order(tmp_path, monkeypatch):
    (tmp_path / "tapewire.toml").write_text("seed = 1\nthreads = 1\nmemory_gb = 1\nkeep_published = 1\n")
    (tmp_path / "mine.toml").write_text("threads = 3\nmemory_gb = 3\nkeep_published = 5\n")
    monkeypatch.setenv("TAPEWIRE_MEMORY_GB", "4")
    monkeypatch.setenv("TAPEWIRE_KEEP_PUBLISHED", "4")
    settings = load_settings(str(tmp_path / "mine.toml"), keep_published=6)
    assert (settings.seed, settings.threads, settings.memory_gb, settings.keep_published) == (1, 3, 4.0, 6)
    assert settings.profile == "mine"
    assert not settings.simulated.enabled


def test_a_nested_variable_reaches_its_section(monkeypatch):
    monkeypatch.setenv("TAPEWIRE_FORECAST__EPOCHS", "2")
    settings = load_settings()
    assert settings.forecast.epochs == 2
    assert settings.forecast.test_days == 180


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("thread = 2", "unknown setting 'thread'; did you mean 'threads'"),
        ("[forecast]\nepoch = 2", "unknown setting 'forecast.epoch'; did you mean 'epochs'"),
        ("[[files.tables]]\npath = 'a.csv'\nshape = 'candles'\nrenam = {}", "did you mean 'rename'"),
        ("[[files.tables]]\npath = 'a.csv'\nshape = 'candle'", "files.tables.0.shape = 'candle'"),
        ("threads = 0", "threads = 0"),
        ("threads = ", "not valid TOML"),
    ],
)
def test_a_wrong_profile_says_what_is_wrong_and_what_was_meant(tmp_path, text, message):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(str(tmp_path / "p.toml"))
    assert message in str(error.value)


def test_a_variable_that_names_no_setting_is_an_error(monkeypatch):
    monkeypatch.setenv("TAPEWIRE_SEEED", "2")
    with pytest.raises(SettingsError, match="TAPEWIRE_SEEED names no setting; did you mean TAPEWIRE_SEED"):
        load_settings()


def test_a_profile_that_is_not_there_is_an_error():
    with pytest.raises(SettingsError, match=r"no profile 'nowhere\.toml'"):
        load_settings("nowhere.toml")


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValidationError):
        load_settings().seed = 9


def test_a_profile_file_cannot_take_the_name_of_the_simulated_market(tmp_path):
    (tmp_path / "simulated.toml").write_text("")
    with pytest.raises(SettingsError, match="belong to the profiles that tapewire ships"):
        load_settings(str(tmp_path / "simulated.toml"))


def test_secrets_in_settings_are_masked_where_they_are_shown(tmp_path):
    told = load_settings(
        "live", folder=tmp_path,
        exchanges=[{"id": "okx", "symbols": ["BTC/USDT"], "since": "2024-01-01T00:00:00Z",
                    "base_url": "https://me:hidden1@mirror.example", "options": {"apiKey": "hidden2", "note": "seen"}}],
    ).redacted()  # fmt: skip
    assert "hidden" not in told
    assert "seen" in told
    assert "mirror.example" in told
