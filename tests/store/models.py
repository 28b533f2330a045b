"""Small models of several versions, and a registry that tests can look into."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from toy import toy_model

from petition_nlp.artifact import model_digest, save_model
from service.access.principal import SYSTEM
from service.models import registry
from service.models.changing import Registrar
from service.models.shown import version_json

HEADS: Mapping[str, Any] = {"department": {"n": 120, "accuracy": 0.81, "macro_f1": 0.7, "ece": 0.02}}
ZIP = {"Content-Type": "application/zip"}


def model_folder(folder: Path, version: str, *, gate: Any = None, against: Path | None = None, **fields: Any) -> Path:
    """A toy model on disk.

    :param gate: its verdict, if one was written; :param against: the model that it was compared with.
    """
    made = folder / f"toy-{version}"
    own = {"version": version, "report": {"heads": HEADS}, "card": f"# toy {version}\n", **fields}
    save_model(replace(toy_model(), **own), made)
    if isinstance(gate, dict):
        compared = "" if against is None else model_digest(against)
        gate = {"digest": {"candidate": model_digest(made), "current": compared}, **gate}
    if gate is not None:
        (made / "gate.json").write_text(json.dumps(gate), encoding="utf-8")
    return made


def zipped(folder: Path, *, inside: str = "") -> bytes:
    """A model folder as a ZIP file."""
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, f"{inside}{path.name}")
    return archive.read_bytes()


def upload(client: TestClient, folder: Path) -> Any:
    """Register a model over HTTP."""
    return client.post("/v1/models", content=zipped(folder), headers=ZIP)


def add(client: TestClient, folder: Path) -> dict[str, Any]:
    """Register a model as the command line does."""
    state = client.app.state  # type: ignore[attr-defined]
    examined = Registrar(state.settings).take_in(folder)
    with state.database.write() as session:
        row = registry.register(session, SYSTEM, examined)
        return version_json(row, [])


def promote(client: TestClient, model: Mapping[str, Any], **more: str) -> Any:
    """Put a registered model into use."""
    return client.post(f"/v1/models/{model['id']}/promote", json={"why": "重新训练", **more})


def roll_back(client: TestClient) -> Any:
    """Put the model before back into use."""
    return client.post("/v1/models/rollback", json={"why": "误分增多"})


def in_use(client: TestClient) -> str:
    """The model that a route names."""
    model: str = client.post("/v1/routes", json={"text": "停电了"}).json()["model"]
    return model


def states(client: TestClient) -> dict[str, str]:
    """Model → state."""
    return {row["model"]: row["state"] for row in client.get("/v1/models").json()["versions"]}
