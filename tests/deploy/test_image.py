import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BUILT_WITH = {"editables", "hatchling", "tomlkit", "trove-classifiers"}
"""What is needed to make the wheel, and nowhere else."""


def instructions():
    """Return what the Dockerfile says, each instruction with the rest of its line."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


SAID = instructions()


def all_of(name):
    return [rest for one, rest in SAID if one == name]


def pins(lock):
    """Return each package of a lock with its version."""
    return dict(re.findall(r"^([\w.\[\]-]+)==(\S+)", (DEPLOY / lock).read_text(), re.MULTILINE))


def test_what_is_built_with_is_left_behind():
    stages = all_of("FROM")
    last = SAID[max(at for at, (one, _) in enumerate(SAID) if one == "FROM") :]

    assert len(stages) == 2
    assert stages[0].split()[0] == stages[1].split()[0]
    assert [rest for one, rest in last if one == "COPY"] == [
        "--from=build /opt/daykeel /opt/daykeel"
    ]
    assert not any("pip" in rest for one, rest in last if one == "RUN")


def test_the_base_is_an_exact_version_that_the_project_runs_on():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    tag = re.match(r"python:(\d+)\.(\d+)\.\d+-slim-\w+", all_of("FROM")[0])

    assert tag
    assert (int(tag[1]), int(tag[2])) >= tuple(map(int, wanted.removeprefix(">=").split(".")))


def test_nobody_in_it_is_root():
    (user,) = all_of("USER")
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    own = {one["user"] for one in services.values() if "build" in one}

    assert own == {user}
    assert SAID.index(("USER", user)) > max(at for at, (one, _) in enumerate(SAID) if one == "RUN")
    uid = user.partition(":")[0]
    assert f"--uid {uid} " in " ".join(all_of("RUN"))
    assert f"DAYKEEL={uid} " in (DEPLOY / "prepare").read_text()


def test_nothing_is_installed_but_what_is_locked():
    installs = [
        shlex.split(part)
        for rest in all_of("RUN")
        for part in rest.split("&&")
        if "pip install" in part
    ]

    assert len(installs) == 2
    assert all({"--require-hashes", "--no-deps"} & set(one) for one in installs)
    assert "--no-build-isolation" in installs[1]


@pytest.mark.parametrize(
    "word", ["ADD ", "curl ", "wget ", "sudo ", "apt-get ", ":latest", "chmod 777"]
)
def test_nothing_comes_from_elsewhere(word):
    assert word not in (DEPLOY / "Dockerfile").read_text()


def test_commands_are_started_without_a_shell():
    assert all(rest.startswith("[") for one, rest in SAID if one in {"ENTRYPOINT", "CMD"})
    assert all(rest.startswith("/") for rest in all_of("WORKDIR"))


def test_what_is_copied_is_there_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    sources = {
        source
        for rest in all_of("COPY")
        if not rest.startswith("--from")
        for source in rest.split()[:-1]
    }

    assert ignored[0] == "*"
    assert {one.removeprefix("!") for one in ignored if one.startswith("!")} == sources
    assert all((ROOT / one).exists() for one in sources)


def test_the_image_has_what_is_tested_and_nothing_else():
    tested, shipped = pins("requirements.lock"), pins("production.lock")

    assert shipped.keys() - tested.keys() == BUILT_WITH
    assert all(tested[name] == shipped[name] for name in shipped.keys() - BUILT_WITH)
    assert not {"pytest", "mypy", "playwright", "ruff", "hypothesis"} & shipped.keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "production.lock"])
def test_every_package_of_a_lock_has_its_hash(lock):
    blocks = re.split(r"\n(?=\S)", (DEPLOY / lock).read_text().strip())

    assert all("--hash=sha256:" in one for one in blocks if not one.startswith("#"))
    assert len(blocks) > 50
