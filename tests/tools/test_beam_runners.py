"""What Beam's runners need beside Python: where it is looked for, and what is said where it cannot be had."""

from __future__ import annotations

import zipfile
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

pytest.importorskip("apache_beam", reason="the extra beam is not installed")

from tools import beam_runners


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and nothing on the path but what a test puts there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_maven_or_go_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert beam_runners.main(["flink"]) == 3
    assert "there is no mvn here" in capsys.readouterr().err
    with pytest.raises(beam_runners.UnavailableError, match="there is no go here"):
        beam_runners.prism()
    with pytest.raises(beam_runners.UnavailableError, match="python -m tools.beam_runners prism"):
        beam_runners.prism(build=False)
    assert beam_runners.main([]) == 2


def test_what_is_in_the_cache_is_not_fetched_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = beam_runners.cache(f"beam-{version('apache-beam')}")
    assert tmp_path in folder.parents
    folder.mkdir(parents=True)
    (folder / "prism").touch()
    assert beam_runners.main(["prism"]) == 0
    assert capsys.readouterr().out.strip() == str(folder / "prism")


def test_maven_is_asked_for_all_jars_and_one_names_them(tmp_path: Path) -> None:
    folder = beam_runners.cache(f"beam-flink-{beam_runners.FLINK}-{beam_runners.JAVA_BEAM}")
    names = [f"a-part-of-flink-{i}-with-a-name-that-is-as-long-as-such-names-are-{i}.jar" for i in range(150)]
    program(tmp_path, "mvn", f'echo "$@" >> {tmp_path}/said; for name in {" ".join(names)}; do : > {folder}/$name; done')
    with pytest.raises(beam_runners.UnavailableError, match="there is no java here"):
        beam_runners.flink()
    program(tmp_path, "java", "")
    jar = beam_runners.flink()
    assert jar.parent == folder
    with zipfile.ZipFile(jar) as file:
        manifest = file.read("META-INF/MANIFEST.MF").decode()
    assert all(len(line) <= 72 for line in manifest.split("\r\n"))
    said = dict(line.split(": ", 1) for line in manifest.replace("\r\n ", "").splitlines() if line)
    assert said["Class-Path"].split() == sorted(names)
    assert said["Main-Class"].endswith(".FlinkJobServerDriver")
    (asked,) = (tmp_path / "said").read_text().splitlines()
    assert f"-f {folder}/pom.xml" in asked
    assert f"-DoutputDirectory={folder}" in asked
    wanted = ET.parse(folder / "pom.xml").getroot().findall("{*}dependencies/{*}dependency")
    assert [":".join(part.text or "" for part in one) for one in wanted] == list(beam_runners.ARTIFACTS)


def test_what_maven_says_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "mvn", 'echo "[INFO] begins"; echo "[ERROR] at length: Could not find artifact x in central"; exit 1')
    with pytest.raises(beam_runners.UnavailableError, match="from Maven Central: Could not find artifact x in central"):
        beam_runners.flink()
    monkeypatch.setattr(beam_runners, "TIMEOUT", 0.2)
    program(tmp_path, "mvn", "exec /bin/sleep 60")
    with pytest.raises(beam_runners.UnavailableError, match="no answer within 0 s"):
        beam_runners.flink()
