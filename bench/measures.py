"""How fast the measures are, beside pyActigraphy and circadian on the same data in one run.

    python bench/measures.py [--rounds 5] [--cache ~/.cache/daykeel-bench]

The peers get virtual environments of their own in the cache, made at the first run. They compute
what we compute from the same minutes, and both results are compared before any time is told.
Times are CPU time, medians of several rounds after one that warms up: imports, reading files and
what pyActigraphy compiles are in none of them.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from daykeel.rhythm import phase, regularity, restactivity

sys.path.insert(0, str(Path(__file__).parent))
from measures_history import BINS, History, whole_product

DAYS, DAY, HOURS = 365, 1440, 24
CLIENTS, LIGHT_DAYS = 1000, 7
PEERS = {
    "pyactigraphy": (
        ("numpy==1.23.5", "pandas==1.5.3"),
        ("pyActigraphy==1.2.2", "accelerometer", "imbalanced-learn", "tqdm"),
        # what it imports of what its own requirements name, but in versions for numpy 1.23
        ("numpy==1.23.5", "pandas==1.5.3", "joblib", "lmfit", "lxml", "numba", "plotly",
         "pyexcel", "scikit-learn", "scipy", "sklearn-compat", "spm1d", "statsmodels"),
    ),
    "circadian": ((), (), ("circadian==1.0.3",)),
}  # fmt: skip
"""What is installed first, what without its requirements, and what then."""

BARE = """
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
USED = """
import sys, time
begin = time.process_time()
from daykeel.rhythm import clock, cosinor, phase, regularity, restactivity, scoring, srm, timing
took = time.process_time() - begin
if len(sys.argv) > 1:
    import numpy as np
    data = np.load(sys.argv[1])
    activity, asleep = data["activity"], data["asleep"]
    hourly = restactivity.binned(activity, width=60)
    restactivity.interdaily_stability(hourly)
    restactivity.intradaily_variability(hourly)
    restactivity.least_active(activity, epochs_per_day=1440)
    restactivity.most_active(activity, epochs_per_day=1440)
    restactivity.relative_amplitude(activity, epochs_per_day=1440)
    regularity.sleep_regularity_index(asleep, epochs_per_day=1440)
    phase.predict(data["light"][0], step_hours=1 / 60)
print(took)
"""


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--rounds", type=int, default=5)
    wanted.add_argument("--cache", type=Path, default=Path.home() / ".cache/daykeel-bench")
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, small = Path(folder, "data.npz"), Path(folder, "small.npz")
        data = made(seed=1)
        np.savez(file, **data)
        np.savez(small, **(data | {"light": data["light"][:1]}))
        theirs = {
            name: peer(environment(asked.cache, name), name, small, asked.rounds) for name in PEERS
        }
        found = told(data, theirs, asked.rounds) | footprint(small, asked.rounds)
    json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
    print()


def made(seed: int) -> dict[str, np.ndarray]:
    """A year and a day of one person's minutes, and a week's light of many people."""
    rng = np.random.default_rng(seed)
    asleep = np.concatenate([_day(rng, -60, 30) for _ in range(DAYS + 1)])
    activity = np.where(asleep, rng.poisson(2, asleep.size), rng.gamma(0.7, 90, asleep.size))
    light = [
        np.where(np.concatenate([_day(rng, centre, 45) for _ in range(LIGHT_DAYS)]), 0.0, 250.0)
        for centre in rng.normal(-30, 60, CLIENTS)
    ]
    return {
        "activity": activity.round(),
        "asleep": asleep.astype(float),
        "light": np.array(light),
    }


def _day(rng: np.random.Generator, onset: float, spread: float) -> np.ndarray:
    """Which minutes of a day from midnight on are asleep: eight hours from about `onset`."""
    at = (np.arange(DAY) - onset - rng.normal(0, spread)) % DAY
    return at < 8 * 60


def environment(cache: Path, name: str) -> Path:
    """Return the Python of a peer's virtual environment, which is made where it is not there."""
    home = cache / name
    done, python = home / "complete", home / "bin/python"
    if not done.exists():
        print(f"making {home} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        first, alone, then = PEERS[name]
        for more, packages in (((), first), (("--no-deps",), alone), ((), then)):
            if packages:
                install = [str(python), "-m", "pip", "install", "--quiet", *more, *packages]
                subprocess.run(install, check=True)
        done.touch()
    return python


def peer(python: Path, name: str, file: Path, rounds: int) -> dict[str, dict[str, Any]]:
    script = Path(__file__).with_name("measures_peers.py")
    command = [str(python), str(script), name, str(file), str(rounds)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def seconds(call: Callable[[], object], rounds: int, least: float = 0.05) -> float:
    """Return the CPU time of a call: the median of rounds of at least `least` seconds each."""
    begin, times = time.process_time(), 0
    while time.process_time() - begin < least:
        call()
        times += 1
    each = []
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(times):
            call()
        each.append((time.process_time() - begin) / times)
    return statistics.median(each)


def told(data: Mapping[str, np.ndarray], theirs: Mapping[str, Any], rounds: int) -> dict[str, Any]:
    python, models = theirs["pyactigraphy"], theirs["circadian"]
    return (
        year(data, python, rounds)
        | another_day(data, python, rounds)
        | inner_night(data["light"], models, rounds)
    )


def calls(activity: np.ndarray, asleep: np.ndarray) -> dict[str, Callable[[], float]]:
    """The measures as somebody with minutes calls them, each by itself."""
    return {
        "IS": lambda: restactivity.interdaily_stability(restactivity.binned(activity, width=60)),
        "IV": lambda: restactivity.intradaily_variability(restactivity.binned(activity, width=60)),
        "L5": lambda: restactivity.least_active(activity, epochs_per_day=DAY).mean,
        "M10": lambda: restactivity.most_active(activity, epochs_per_day=DAY).mean,
        "RA": lambda: restactivity.relative_amplitude(activity, epochs_per_day=DAY),
        "SRI": lambda: regularity.sleep_regularity_index(asleep, epochs_per_day=DAY),
    }


def same(ours: Mapping[str, float], theirs: Mapping[str, Any], hours: int) -> None:
    """Stop where the two did not compute the same thing.

    pyActigraphy divides by n - 1 where the published forms of IS and IV divide by n.
    """
    uneven = (hours - 1) / hours
    factors = {"IS": uneven * HOURS / (HOURS - 1), "IV": uneven}
    for name, value in ours.items():
        other = theirs[name]["value"]
        if not np.isclose(value * factors.get(name, 1), other, rtol=1e-9):
            raise SystemExit(f"{name}: {value} here, {other} there: not the same measure")


def year(data: Mapping[str, np.ndarray], theirs: Mapping[str, Any], rounds: int) -> dict[str, Any]:
    ours = calls(data["activity"], data["asleep"])
    same({name: call() for name, call in ours.items()}, theirs, HOURS * (DAYS + 1))
    took = {name: seconds(call, rounds) for name, call in ours.items()}
    whole, other = sum(took.values()), sum(theirs[name]["seconds"] for name in ours)
    return {
        "a year of minutes, ms": {name: _ms(one) for name, one in took.items()},
        "the same by pyActigraphy, ms": {name: _ms(theirs[name]["seconds"]) for name in ours},
        "a year of minutes, times faster": _told(other / whole, least=50),
    }


def another_day(
    data: Mapping[str, np.ndarray], theirs: Mapping[str, Any], rounds: int
) -> dict[str, Any]:
    """One more day on a year: from day records, as windows are measured, with a year for window."""
    activity, asleep = (data[name].reshape(-1, DAY) for name in ("activity", "asleep"))
    history = History(activity[:-1], asleep[:-1])
    ours = history.with_day(activity[-1], asleep[-1])
    tens = restactivity.binned(data["activity"], width=DAY // BINS)
    by_minutes = {name: call() for name, call in calls(data["activity"], data["asleep"]).items()}
    by_tens = {name: call() for name, call in calls_by_ten(tens).items()}
    for name, value in ours.items():
        if not np.isclose(value, (by_minutes | by_tens)[name], rtol=1e-9):
            raise SystemExit(f"{name}: {value} from day records, not from minutes")
    took = seconds(lambda: history.with_day(activity[-1], asleep[-1]), rounds)
    last = History(activity[-28:-1], asleep[-28:-1])
    took_last = seconds(lambda: last.with_day(activity[-1], asleep[-1]), rounds)
    whole, month = (
        sum(one["seconds"] for name, one in theirs.items() if name.endswith("days") == is_month)
        for is_month in (False, True)
    )
    product = whole_product(DAYS)
    return {
        "one more day on a year, ms": _told(1e3 * took, most=2),
        "one more day on a year, times faster than pyActigraphy on the year": _told(
            whole / took, least=1000
        ),
        "one more day on 28, times faster than pyActigraphy on 28 days": round(month / took_last),
        "everything that is said of a client after one more day on a year, ms": _ms(
            seconds(product, rounds)
        ),
    }


def calls_by_ten(tens: np.ndarray) -> dict[str, Callable[[], float]]:
    """The levels by ten minutes, as day records have them."""
    return {
        "L5": lambda: restactivity.least_active(tens, epochs_per_day=BINS).mean,
        "M10": lambda: restactivity.most_active(tens, epochs_per_day=BINS).mean,
        "RA": lambda: restactivity.relative_amplitude(tens, epochs_per_day=BINS),
    }


def inner_night(light: np.ndarray, theirs: Mapping[str, Any], rounds: int) -> dict[str, Any]:
    """The phase models at a step of a minute, one recording and a thousand at once."""
    step = 1 / 60
    alone, together, steps = {}, {}, light.shape[1]
    for name, other in theirs.items():
        found = phase.predict(light[0], step_hours=step, model=name).dlmo
        if not np.allclose(found, other["value"], atol=step):
            raise SystemExit(f"{name}: {found} here, {other['value']} there: not the same nights")
        one = seconds(
            lambda name=name: phase.predict(light[0], step_hours=step, model=name), rounds
        )
        many = seconds(
            lambda name=name: phase.predict(light, step_hours=step, model=name), 1
        ) / len(light)
        alone[name], together[name] = other["seconds"] / one, other["seconds"] / many
        other["µs a step"] = [
            float(f"{1e6 * x / steps:.3g}") for x in (other["seconds"], one, many)
        ]
    return {
        "phase, µs a step: circadian, one, one of a thousand": {
            name: other["µs a step"] for name, other in theirs.items()
        },
        "phase of one recording, times faster than circadian": {
            name: _told(one, least=4) for name, one in alone.items()
        },
        "phase of a thousand, times faster each": {
            name: _told(one, least=100) for name, one in together.items()
        },
    }


def footprint(file: Path, rounds: int) -> dict[str, Any]:
    """What the import takes, and the most memory after all of the above over the interpreter's."""
    bare = int(_run(BARE)[0])
    imports = [_run(USED + BARE) for _ in range(rounds)]
    peak = int(_run(USED + BARE, str(file))[1])
    return {
        "import, s of CPU": _told(statistics.median(float(took) for took, _ in imports), most=0.3),
        "memory over the interpreter after import, MB": _mb(int(imports[0][1]) - bare),
        "most memory over the interpreter, a year measured and a phase, MB": _told(
            _mb(peak - bare), most=60
        ),
    }


def _run(code: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.split()


def _told(found: float, *, least: float | None = None, most: float | None = None) -> dict[str, Any]:
    """Return a figure beside what is asked of it."""
    is_met = (least is None or found >= least) and (most is None or found <= most)
    asked = {"at least": least} if least is not None else {"at most": most}
    return {"found": float(f"{found:.3g}"), **asked, "met": is_met}


def _ms(taken: float) -> float:
    return float(f"{1e3 * taken:.3g}")


def _mb(kilobytes: int) -> float:
    return round(kilobytes / 1000, 1)


if __name__ == "__main__":
    main()
