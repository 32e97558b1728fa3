"""What pyActigraphy and circadian make of the same data, and in what time. Run by measures.py.

    PYTHON_OF_THE_PEER measures_peers.py pyactigraphy|circadian FILE ROUNDS

Only the calls are timed: not the import, not the reading of the file, and neither the first call,
which warms caches and may compile. Times are CPU seconds, medians of the rounds.
"""

import json
import statistics
import sys
import time
import warnings

import numpy as np


def main() -> None:
    peer, file, rounds = sys.argv[1:]
    warnings.simplefilter("ignore")
    calls = {"pyactigraphy": pyactigraphy, "circadian": circadian}[peer](np.load(file))
    found = {name: timed(call, int(rounds)) for name, call in calls.items()}
    json.dump(found, sys.stdout)


def timed(call, rounds):
    value = call()
    taken = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        taken.append(time.process_time() - begin)
    return {"value": value, "seconds": statistics.median(taken)}


def pyactigraphy(data):
    import pandas as pd  # noqa: PLC0415  only in the peer's environment
    from pyActigraphy.io.base import BaseRaw  # noqa: PLC0415
    from pyActigraphy.sleep.scoring.sri import sri  # noqa: PLC0415

    def of(activity, asleep):
        at = pd.date_range("2025-01-01", periods=len(activity), freq="1min")
        raw = BaseRaw(
            "bench", "bench", "bench", None, at[0], at[-1] - at[0], pd.Timedelta("1min"),
            pd.Series(activity, index=at), None,
        )  # fmt: skip
        states = pd.Series(asleep.astype(int), index=at)
        return {
            "IS": lambda: float(raw.IS(binarize=False)),
            "IV": lambda: float(raw.IV(binarize=False)),
            "L5": lambda: float(raw.L5(binarize=False)),
            "M10": lambda: float(raw.M10(binarize=False)),
            "RA": lambda: float(raw.RA(binarize=False)),
            "SRI": lambda: float(sri(states)),
        }

    year = of(data["activity"], data["asleep"])
    month = of(data["activity"][-28 * 1440 :], data["asleep"][-28 * 1440 :])
    return year | {f"{name}, 28 days": call for name, call in month.items()}


def circadian(data):
    from circadian import models  # noqa: PLC0415

    light, at = data["light"][0], np.arange(data["light"].shape[1]) / 60

    def dlmo(name):
        model = getattr(models, name)()
        model(at, input=light)
        return model.dlmos().tolist()

    names = ("Forger99", "Jewett99", "Hannay19", "Hannay19TP")
    return {name.lower(): lambda name=name: dlmo(name) for name in names}


if __name__ == "__main__":
    main()
