"""Settings of a run from defaults, tapewire.toml, a profile, variables and flags."""

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from pipelines.settings.settings import LIVE, PREFIX, SIMULATED, Settings, SettingsError

SHIPPED = Path(__file__).with_name("profiles")


def load_settings(profile: str | None = None, *, folder: Path | None = None, **flags: Any) -> Settings:
    """The settings of a run. `profile` is simulated, live or the path of a TOML file; flags that are None are left out.

    SettingsError for a file that is not there or not TOML, an unknown key (the nearest known one is named), or a
    value that a setting cannot have.
    """
    base = (folder or Path.cwd()) / "tapewire.toml"
    merged = _read(base) if base.exists() else {}
    env = _environment()
    name = profile or env.get("profile") or merged.get("profile") or SIMULATED
    if name in (SIMULATED, LIVE):
        merged = _merge(_read(SHIPPED / f"{name}.toml"), merged) | {"profile": name}
    else:
        path = Path(str(name))
        if path.name.removesuffix(".toml") in (SIMULATED, LIVE):
            raise SettingsError(
                f"{path}: the names {SIMULATED!r} and {LIVE!r} belong to the profiles that tapewire ships; "
                "name the file otherwise"
            )
        merged = _merge(merged, {"profile": path.name.removesuffix(".toml").replace(".", "-")})
        merged = _merge(merged, _read(path))
    env.pop("profile", None)
    merged = _merge(_merge(merged, env), {k: v for k, v in flags.items() if v is not None})
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SettingsError(f"no profile {str(path)!r}: give 'simulated', 'live' or the path of a TOML file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _environment() -> dict[str, Any]:
    """The TAPEWIRE_* variables as nested values. SettingsError for one that names no setting."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for variable in os.environ:
        head = variable.upper().split("__")[0]
        if head.startswith(PREFIX) and head not in known:
            near = difflib.get_close_matches(head, known, n=1)
            raise SettingsError(
                f"variable {variable} names no setting" + (f"; did you mean {near[0]}?" if near else "")
            )
    return dict(EnvSettingsSource(Settings)())


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for key, value in above.items():
        nested = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merge(out[key], value) if nested else value
    return out


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        where = ".".join(str(p) for p in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), _known(problem["loc"][:-1]), n=1)
            lines.append(f"unknown setting {where!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        else:
            lines.append(f"{where} = {problem['input']!r}: {problem['msg']}")
    return "; ".join(lines)


def _known(path: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in path:
        if isinstance(part, int):
            model = get_args(model)[0]
        elif part in getattr(model, "model_fields", {}):
            model = model.model_fields[part].annotation
    return list(getattr(model, "model_fields", {}))
