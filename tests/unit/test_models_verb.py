"""``robot-runtime models``: what ships is whole, what is pulled is what the catalogue says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from robot_runtime import model_catalogue as catalogue
from robot_runtime.cli import main
from robot_runtime.download import DownloadError
from robot_runtime.perceive.model_settings import DetectorSettings
from robot_runtime.verbs import models as verb
from safety.files import FileError, load_yaml

BODY = b"weights"
ENTRY: dict[str, Any] = {
    "about": "sees",
    "licence": "Apache-2.0",
    "source": "somebody",
    "settings": "settings.yaml",
    "files": [{"url": "https://example.org/a/net.onnx", "sha256": hashlib.sha256(BODY).hexdigest(), "size_bytes": len(BODY)}],
}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue with one model that is to be pulled."""
    (tmp_path / "settings.yaml").write_text("layout: yolox\n")
    listed = {"models": {"eyes": {**ENTRY, "settings": str(tmp_path / "settings.yaml")}}}
    (tmp_path / "catalogue.yaml").write_text(yaml.safe_dump(listed))
    found = catalogue.load(tmp_path / "catalogue.yaml")
    monkeypatch.setattr(catalogue, "load", lambda: found)
    monkeypatch.setenv(catalogue.FOLDER_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_ships_is_what_the_catalogue_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "--json"]) == 0
    assert {line["state"] for line in lines(capsys) if "/shipped/" in line["file"]} == {"good"}


def test_every_model_has_a_licence_a_source_and_a_card_if_it_ships() -> None:
    for name, model in catalogue.load().items():
        assert model.licence, name
        assert model.source, name
        assert not model.ships or (catalogue.CATALOGUE.parent.parent / model.card).is_file(), name


def test_pulled_verified_damaged_and_pulled_again(shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fetched: list[str] = []

    def fake(url: str, file: Path, *_: object) -> None:
        fetched.append(url)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(BODY)

    monkeypatch.setattr(verb, "download", fake)
    assert main(["models", "verify", "eyes", "--json"]) == 1
    assert main(["models", "verify", "--json"]) == 0  # nobody asked for it
    assert [line["state"] for line in lines(capsys)] == ["missing", "missing"]
    for _ in range(2):  # the second time there is nothing to do
        assert main(["models", "pull", "eyes", "--json"]) == 0
    assert fetched == ["https://example.org/a/net.onnx"]
    assert (shelf / "eyes" / "net.onnx").read_bytes() == BODY
    assert (shelf / "eyes" / "settings.yaml").read_text() == "layout: yolox\n"
    (shelf / "eyes" / "net.onnx").write_bytes(b"other")
    assert main(["models", "verify", "--json"]) == 1
    assert lines(capsys)[-1]["state"] == "damaged"
    assert main(["models", "pull", "eyes"]) == 0
    assert main(["models", "verify", "eyes"]) == 0


def test_without_a_network_it_says_what_to_do(shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def no_network(url: str, *_: object) -> None:
        raise DownloadError(f"{url}: no route to host")

    monkeypatch.setattr(verb, "download", no_network)
    assert main(["models", "pull", "eyes"]) == 1
    error = capsys.readouterr().err
    assert "no route to host" in error
    assert f"bring the file here by hand as {shelf / 'eyes' / 'net.onnx'} and run this again" in error
    (shelf / "eyes").mkdir(parents=True)
    (shelf / "eyes" / "net.onnx").write_bytes(BODY)
    assert main(["models", "pull", "eyes"]) == 0
    assert (shelf / "eyes" / "settings.yaml").exists()


def test_an_unknown_model_is_named_with_the_nearest(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull", "eye"]) == 2
    assert "did you mean 'eyes'" in capsys.readouterr().err


def test_settings_of_other_peoples_models_can_be_read() -> None:
    for name, model in catalogue.load().items():
        if model.settings:
            file = Path(model.settings)
            assert file.stem == Path(model.files[0].name).stem, name  # the detector looks for it by that name
            load_yaml(file, DetectorSettings)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"url": "http://example.org/net.onnx"}, "expected https://"),
        ({"path": "models/net.onnx"}, "expected either path"),
        ({"url": ""}, "expected either path"),
        ({"sha256": "c0ffee"}, "expected 64 hex digits"),
        ({"size_bytes": 0}, "size_bytes"),
    ],
)
def test_a_wrong_catalogue_is_refused(changes: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(yaml.safe_dump({"models": {"eyes": {**ENTRY, "files": [{**ENTRY["files"][0], **changes}]}}}))
    with pytest.raises(FileError, match=told):
        catalogue.load(file)


def test_a_model_whose_terms_are_to_be_accepted_shows_them_and_how_to_fetch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ROBOT_RUNTIME_MODELS", str(tmp_path))
    assert main(["models", "pull", "moshika-vis"]) == 1
    told = capsys.readouterr().err
    assert "CC-BY-4.0" in told and "Gemma" in told and f"--local-dir {tmp_path / 'moshika-vis'}" in told
    (tmp_path / "moshika-vis").mkdir()
    for name in ("model.safetensors", "tokenizer-e351c8d8-checkpoint125.safetensors", "tokenizer_spm_32k_3.model"):
        (tmp_path / "moshika-vis" / name).touch()
    assert main(["models", "pull", "moshika-vis"]) == 0
    assert str(tmp_path / "moshika-vis") in capsys.readouterr().out
