from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from daykeel.rhythm.charts import guarded
from daykeel.rhythm.charts import held as held_one
from daykeel.rhythm.panel import (
    Setting,
    crossings,
    draw,
    fused,
    held,
    monitored,
    openings,
    statistics,
)
from daykeel.rhythm.rules import PLAIN

CLIENTS = 900


@cache
def panel(baseline, tails, carry=0.3, charts=9):
    setting = Setting(clients=CLIENTS, baseline=baseline, tails=tails, carry=carry)
    return draw(setting, charts)


@pytest.mark.parametrize(
    ("baseline", "tails", "rates"),
    [
        (28, "normal", {3.3: 6.4, 3.7: 4.1, 4.2: 2.3, 4.6: 1.4, 5.0: 0.9}),
        (28, "t5", {3.3: 7.9, 3.7: 5.3, 4.2: 3.2, 4.6: 2.1, 5.0: 1.5}),
        (56, "normal", {3.3: 3.3, 3.7: 1.8, 4.0: 1.1, 4.2: 0.8, 4.6: 0.4}),
        (56, "t5", {3.3: 4.8, 3.7: 2.7, 4.0: 1.8, 4.2: 1.3, 4.6: 0.7}),
    ],
)
def test_a_whole_client_alerts_as_often_as_in_the_specification(baseline, tails, rates):
    found = panel(baseline, tails)
    shares = statistics(found, PLAIN)

    for limit, rate in rates.items():
        opened = openings(fused(found, shares, limit, PLAIN), PLAIN.cool_down)
        assert opened.sum() / found.years == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize(
    ("carry", "baseline", "by_phi", "rates"),
    [
        (0.0, 28, False, {2.86: 3.4, 3.3: 2.0, 3.7: 1.2, 4.2: 0.60}),
        (0.0, 56, False, {2.86: 2.1, 3.3: 0.97, 3.7: 0.47}),
        (0.3, 14, False, {2.86: 8.2, 3.3: 6.3, 3.7: 4.9, 4.2: 3.4}),
        (0.3, 28, False, {2.86: 6.2, 3.3: 4.1, 3.7: 2.7, 4.2: 1.7}),
        (0.3, 28, True, {2.86: 3.4, 3.3: 2.0, 3.7: 1.45, 4.2: 0.82}),
        (0.3, 56, True, {2.86: 2.05, 3.3: 1.10, 3.7: 0.60}),
    ],
)
def test_one_chart_alerts_as_often_as_in_the_specification(carry, baseline, by_phi, rates):
    found = draw(Setting(clients=4000, baseline=baseline, carry=carry, seed=2), 1)
    share = np.abs(held(found, PLAIN.weight, by_phi=by_phi)[:, :, 0])
    years = share.size / 365.25

    for limit, rate in rates.items():
        opened = crossings(share > limit, PLAIN.cool_down)
        assert opened.sum() / years == pytest.approx(rate, rel=0.15)


@pytest.mark.parametrize(
    "rules", [PLAIN, replace(PLAIN, version="a", weight=0.1, reference=0.5, most=3.0)]
)
def test_the_statistics_are_those_of_the_charts(rules):
    found = panel(28, "normal")
    up, down = statistics(found, rules)
    z = found.z[7, :, 0]
    unit = np.sqrt(rules.weight / (2 - rules.weight)) * np.sqrt(
        (1 + found.phi[7, 0] * (1 - rules.weight)) / (1 - found.phi[7, 0] * (1 - rules.weight))
    )

    rise = guarded(np.where(np.isnan(z), rules.least, z).tolist(), by=rules)
    fall = guarded(np.where(np.isnan(z), rules.least, -z).tolist(), by=rules)

    assert up[7, :, 0] * unit == pytest.approx(rise)
    assert down[7, :, 0] * unit == pytest.approx(fall)
    assert held(found, 0.2, by_phi=False)[7, :, 0] / 3 == pytest.approx(held_one(z.tolist(), 0.0))


def test_the_same_seed_gives_the_same_panel_and_another_another():
    small = Setting(clients=5, nights=20)

    assert np.array_equal(draw(small).z, draw(small).z, equal_nan=True)
    assert not np.array_equal(draw(small).z, draw(replace(small, seed=2)).z, equal_nan=True)


def test_nights_are_missing_in_runs_for_all_charts_together():
    found = panel(28, "normal")
    gone = ~found.known
    runs = (np.diff(gone.astype(int), axis=1, prepend=0) == 1).sum()

    assert gone.mean() == pytest.approx(0.1, abs=0.01)
    assert gone.sum() / runs == pytest.approx(2.5, rel=0.05)
    assert np.isnan(found.z[gone]).all()


def test_distances_are_from_the_nights_before():
    values = np.array([[[1.0], [3.0], [np.nan], [2.0], [4.0], [6.0]]])

    found = monitored(values, 3, 2)

    assert found.z[0, :, 0] == pytest.approx([2 / 1.4826, 4 / 1.4826])


def test_a_signal_that_lasts_opens_again_after_the_cool_down_but_does_not_cross_again():
    lasts = np.zeros((1, 40), dtype=bool)
    lasts[0, 3:20] = True

    assert np.flatnonzero(openings(lasts, 14)).tolist() == [3, 17]
    assert np.flatnonzero(crossings(lasts, 14)).tolist() == [3]
