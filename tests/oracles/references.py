"""The reference values: which are targets, where their inputs lie, what we give for each."""

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np

from daykeel.rhythm import clock, cosinor, phase, regularity, restactivity, scoring, srm, timing
from daykeel.rhythm.errors import NotEnoughData

HERE = Path(__file__).parent
SHARED = next((up / "shared" for up in HERE.parents if (up / "shared/oracles").is_dir()), None)
COMMITTED = "committed.json"
MODELS = ("Forger99", "Jewett99", "Hannay19", "Hannay19TP")
COSINOR = ("cosinor_counts", "cosinor_log1p", "cosinor_hourly")
SPANS = ("RA", "L5", "M10", "L5_onset", "M10_onset")
ELSEWHERE = ("pyActigraphy_form", "missing_counted_as_mismatch")
NOT_OFFERED = {
    "ESRI": "an index of the light, not of the person; no screen and no measure uses it",
    "Hilaire07": "needs the times of sleep beside the light; it is no model of the specification",
}


def shared_names():
    if SHARED is None:
        return []
    return sorted(path.name for path in (SHARED / "oracles").glob("open-*.json"))


@cache
def entries(name):
    path = HERE / name if name == COMMITTED else SHARED / "oracles" / name
    return tuple(json.loads(path.read_text())["entries"])


def is_target(name, entry):
    metric, reference = entry["metric"], entry["reference"]["package"]
    if "closed-form" in name:
        return not metric.endswith(ELSEWHERE)
    if "srm" in name:
        return entry["params"]["variant"] == "default"
    if "cosinor" in name:
        return metric in COSINOR
    if "sleep-regularity" in name:
        return metric in ("SRI", "SRI_pairwise_complete")
    if "sleep-wake" in name:  # five epochs are missing, which the reference counts as mismatches
        return False
    is_named = metric.endswith(("_canonical", "_published")) or metric in SPANS
    return is_named or "circadian" in name or "timing" in name or "closed" in str(reference)


def not_offered(entry):
    model = entry["reference"].get("function", "").split(".")[0].split("_")[0]
    return NOT_OFFERED.get(entry["metric"]) or NOT_OFFERED.get(model)


@cache
def recording(data, person):
    lines = (SHARED / data).read_text().splitlines()
    if person is not None:
        rows = [line.split(",") for line in lines[1:] if line.startswith(person + ",")]
        values, begin = np.array([row[2:] for row in rows], dtype=float).ravel(), 0
    else:
        hour, minute = (int(part) for part in lines[2].split(":"))
        values = np.array([line.split()[0] for line in lines[7:] if line.strip()], dtype=float)
        begin = -(60 * hour + minute) % 1440
    values = values[begin:]
    return values[: values.size // 1440 * 1440]


def activity(entry):
    given = entry["input"]
    values = recording(given["data"], given.get("person"))
    assert (values.size, values.sum()) == (given["n"], given["sum"]), "another recording"
    return values > 4 if "binarised" in str(entry["params"].get("values")) else values


def observed(name, entry):  # noqa: C901, PLR0911  one case per family of measures
    """Return what we give where the entry has an expectation."""
    if "srm" in name:
        return rhythm(entry)
    if "circadian" in name:
        return markers(entry)
    if "timing" in name:
        return sleep_timing(entry)
    if "closed-form" in name:
        return closed_form(entry)
    if "regularity" in name:
        return regularity.sleep_regularity_index(states(name, entry), epochs_per_day=1440)
    values = activity(entry).astype(float)
    if "scoring" in name:
        return hashed(scoring.sadeh(values))
    if "cosinor" in name:
        return wave(entry, values)
    if entry["metric"].endswith("_onset"):
        return onset(entry, values)
    return (
        span(entry["metric"], values, 1440) if entry["metric"] in SPANS else stable(entry, values)
    )


def onset(entry, values):
    """Return our onset, or the expected one where its window is as active within 1e-9."""
    metric, expected = entry["metric"].removesuffix("_onset"), entry["expected"]
    start, width = 60 * int(expected[:2]) + int(expected[3:]), 60 * int(metric[1:])
    window = np.tile(values.reshape(-1, 1440).mean(axis=0), 2)[start : start + width]
    if abs(window.mean() - span(metric, values, 1440)) <= 1e-9:
        return expected
    return span(entry["metric"], values, 1440)


def stable(entry, values):
    width = entry["params"]["bin_min"]
    bins = restactivity.binned(values, width=width)
    if entry["metric"] == "IV_canonical":
        return restactivity.intradaily_variability(bins)
    return restactivity.interdaily_stability(bins, period=1440 // width)


def span(metric, values, epochs):
    if metric == "RA":
        return restactivity.relative_amplitude(values, epochs_per_day=epochs)
    measure = restactivity.least_active if metric[0] == "L" else restactivity.most_active
    found = measure(values, epochs_per_day=epochs)
    if "onset" not in metric:
        return found.mean
    minute = round(found.onset * 60)
    return minute if metric.endswith("_min") else f"{minute // 60:02}:{minute % 60:02}"


def wave(entry, values):
    is_hourly = entry["metric"] == "cosinor_hourly"
    values = restactivity.binned(values, width=60) if is_hourly else values
    values = np.log1p(values) if entry["metric"] == "cosinor_log1p" else values
    found = cosinor.fit(np.arange(values.size) / (1 if is_hourly else 60), values)
    fisher = found.r2 / (1 - found.r2) * (found.n - 3) / 2
    return {
        "mesor": found.mesor,
        "amplitude": found.amplitude,
        "acrophase_h": found.acrophase,
        "r2": found.r2,
        "F": fisher,
    }


def hashed(asleep):
    text = "".join(f"{one:.0f}" for one in asleep)
    change = np.flatnonzero(np.diff(asleep)) + 1
    return {
        "ones": int(asleep.sum()),
        "n": asleep.size,
        "sha256_01": hashlib.sha256(text.encode()).hexdigest(),
        "transitions": change.size,
        "first_transitions": change[:12].tolist(),
    }


def states(name, entry):
    given = entry["input"]
    found = expanded(given["rle"]) if "rle" in given else runs_of(name)[given["sha256_01"]]
    if "missing" in entry["params"]:
        found = found.copy()
        found[2 * 1440 + 120 : 2 * 1440 + 420] = np.nan
    return found


@cache
def runs_of(name):
    """Return the 0/1 series of a file by their sha256."""
    series = [expanded(one["input"]["rle"]) for one in entries(name) if "rle" in one["input"]]
    return {hashed(one)["sha256_01"]: one for one in series}


def expanded(rle):
    runs = rle["runs"]
    return np.repeat((rle["first"] + np.arange(len(runs))) % 2, runs).astype(float)


def rhythm(entry):
    week = {
        name: [None if one is None else 60 * int(one[:2]) + int(one[3:]) for one in times]
        for name, times in entry["input"]["week"].items()
    }
    try:
        found = srm.social_rhythm_metric(week)
    except NotEnoughData:
        return {"srm": None, "hits": 0, "eligible": 0, "items": {}}
    items = {
        name: {
            "first_mean": one.mean,
            "first_sd": one.sd,
            "kept": sum(one.kept),
            "habitual_min": one.habitual,
            "hits": one.hits,
        }
        for name, one in found.anchors.items()
    }
    return {"srm": found.score, "hits": found.hits, "eligible": found.eligible, "items": items}


def light_of(entry):
    given, step = entry["input"], entry["params"]["dt_h"]
    if "data" in given:
        return measured_light(given)
    at = np.arange(round(24 * 30 / step)) * step + 1e-9
    kind = given["generator"].removesuffix("_wake")
    if kind == "dark_0lux":
        return np.zeros(at.size)
    on, off, lux = (6, 22, 1000.0) if kind == "regular_6_22_1000lux" else (7, 23, 300.0)
    early = 6 * (at >= 15 * 24) if kind == "advance6h_day15_300lux" else 0
    return np.where((at % 24 >= on - early) & (at % 24 < off - early), lux, 0.0)


@cache
def measured(data):
    rows = [line.split(",") for line in (SHARED / data).read_text().splitlines()[1:]]
    stamps = np.array([stamp(row[0], row[1]) for row in rows], dtype="datetime64[s]")
    lux = np.array([float(row[3]) if row[3] not in ("", "NaN") else 0.0 for row in rows])
    return stamps, lux


def stamp(day, time):
    (month, date, year), (clock_time, half) = day.split("/"), time.split(" ")
    hour, minute, second = clock_time.split(":")
    hour = int(hour) % 12 + 12 * (half == "PM")
    return f"{int(year):04}-{int(month):02}-{int(date):02}T{hour:02}:{minute}:{second}"


def measured_light(given):
    stamps, lux = measured(given["data"])
    stamps, first = np.unique(stamps, return_index=True)
    at = (stamps - np.datetime64(given["start"])).astype(int) // 360
    size = round(given["days"] * 240)
    keep = (at >= 0) & (at < size)
    sums = np.bincount(at[keep], weights=lux[first][keep], minlength=size)
    counts = np.bincount(at[keep], minlength=size)
    light = sums / np.maximum(counts, 1)
    assert abs(light.sum() - given["light_sum"]) < 1e-6, "another light"
    return light


def markers(entry):
    model = entry["reference"]["function"].split(".")[0].split("_")[0].lower()
    found = phase.predict(light_of(entry), step_hours=entry["params"]["dt_h"], model=model)
    return {"cbtmin_h": found.cbtmin.tolist(), "dlmo_h": found.dlmo.tolist()}


def sleep_timing(entry):
    onset, offset, free = (
        np.array(entry["input"][one]) for one in ("onset_h", "offset_h", "free_day")
    )
    found = timing.social_jetlag(onset, offset, free)
    deviation = timing.composite_phase_deviation(onset, offset, free)
    duration = (offset - onset) % 24
    mid = onset + duration / 2
    around = clock.summarise(mid)
    first = abs(clock.difference(mid[0], deviation.reference))
    return {
        "mid_sleep_work_h": found.msw,
        "mid_sleep_free_h": found.msf,
        "MSFsc_h": found.msfsc,
        "social_jetlag_h": found.absolute,
        "social_jetlag_relative_h": found.relative,
        "social_jetlag_sc_h": found.corrected,
        "midpoint_SD_h": timing.standard_deviation(mid),
        "duration_SD_h": np.std(duration, ddof=1),
        "midpoint_circular_mean_h": around.mean,
        "midpoint_circular_SD_h": around.sd,
        "midpoint_resultant_length": np.exp(-((around.sd * np.pi / 12) ** 2) / 2),
        "CPD_mean_h": deviation.mean,
        "CPD_mean_day1_included_h": (deviation.mean * deviation.n + first) / (deviation.n + 1),
    }[entry["metric"]]


def congruential(seed, count):
    found = np.empty(count)
    for at in range(count):
        seed = (1103515245 * seed + 12345) % 2**31
        found[at] = seed / 2**31
    return found


def generated(text):
    hours = np.arange(168)
    minutes, days = np.arange(1440), range(7)
    shifting = np.concatenate([(minutes >= 60 + 30 * d) & (minutes < 540 + 30 * d) for d in days])
    gappy = shifting.astype(float)
    gappy[2 * 1440 + 100 : 2 * 1440 + 400] = np.nan
    late = [120 * (d % 7 in (5, 6)) for d in range(14)]
    made = {
        "x_t = 100": lambda: 100 + 50 * np.cos(2 * np.pi * (hours - 15) / 24),
        "x_t = 1 if": lambda: ((hours % 24 >= 7) & (hours % 24 < 23)).astype(float),
        "x_t = 5": lambda: np.full(168, 5.0),
        "x_t = 0": lambda: np.zeros(168),
        "LCG": lambda: congruential(12345, 720),
        "sleep_i = 0": lambda: np.tile((minutes < 420) | (minutes >= 1380), 7),
        "sleep = day": lambda: np.repeat(np.arange(7) % 2, 1440),
        "day d: asleep for": lambda: shifting,
        "day d: asleep [0": lambda: np.concatenate(
            [(minutes >= one) & (minutes < 480 + one) for one in late]
        ),
        "as the 30": lambda: gappy,
        "sleep_i = [u": lambda: congruential(12346, 14400) < 0.5,
    }
    return next(make for start, make in made.items() if text.startswith(start))().astype(float)


def closed_form(entry):
    metric, values = entry["metric"], generated(entry["input"]["generator"])
    if metric.startswith("SRI"):
        return regularity.sleep_regularity_index(values, epochs_per_day=1440)
    if metric.startswith("cosinor"):
        found = cosinor.fit(np.arange(values.size), values)
        return getattr(found, metric.removeprefix("cosinor_").removesuffix("_h"))
    if metric == "IS_IV_RA_constant":
        return {one: defined(one, values) for one in ("IS", "IV", "RA")}
    return defined(metric.removesuffix("_canonical").removesuffix("_all_zero"), values)


def defined(metric, values):
    try:
        if metric in ("IS", "IV"):
            measures = {
                "IS": restactivity.interdaily_stability,
                "IV": restactivity.intradaily_variability,
            }
            return measures[metric](values)
        return span(metric, values, 24)
    except NotEnoughData:
        return None
