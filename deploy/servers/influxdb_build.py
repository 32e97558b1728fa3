"""InfluxDB is built from the sources that go.sum names, once per change of go.mod or go.sum."""

import shutil
import subprocess
from pathlib import Path

from cache import HERE, digest, made_once, program, run

MODULE = HERE / "influxdb"
GO = "install Go 1.23 or newer from https://go.dev/dl/"
RUST = "install Rust 1.95 or newer with https://rustup.rs/"
C = "apt-get install build-essential"
# Rust's newer lints refuse the query engine's older sources; they are not ours to mend.
WRAPPER = '#!/bin/sh\nexec "$@" --cap-lints=allow\n'


def install() -> Path:
    """Return the path of ``influxd``, built first when this version is not in the cache."""
    name = f"influxdb-{digest(MODULE / 'go.mod', MODULE / 'go.sum')}"
    with made_once(name) as (finished, work):
        if work is not None:
            _build(work)
    return finished / "influxd"


def _build(work: Path) -> None:
    go = program("go", GO, "/usr/local/go/bin")
    for name, how in (("cargo", RUST), ("rustc", RUST), ("cc", C), ("c++", C)):
        program(name, how)
    tools = work / "tools"
    tools.mkdir()
    run([go, "build", "-o", tools / "pkg-config", "github.com/influxdata/pkg-config"], MODULE)
    wrapper = tools / "rustc-wrapper"
    wrapper.write_text(WRAPPER)
    wrapper.chmod(0o755)
    run(
        [
            *(go, "build", "-tags", "sqlite_foreign_keys,sqlite_json,noassets"),
            *("-o", work / "influxd", "github.com/influxdata/influxdb/v2/cmd/influxd"),
        ],
        MODULE,
        {"PKG_CONFIG": str(tools / "pkg-config"), "RUSTC_WRAPPER": str(wrapper), **_toolchain()},
    )
    shutil.rmtree(tools)


def _toolchain() -> dict[str, str]:
    """Name the toolchain that is here: the sources ask rustup for an old one by file."""
    rustup = shutil.which("rustup")
    if rustup is None:
        return {}
    told = subprocess.run(  # noqa: S603 - a fixed program
        [rustup, "show", "active-toolchain"], capture_output=True, text=True, check=True
    )
    return {"RUSTUP_TOOLCHAIN": told.stdout.split()[0]}
