"""How long charts of independent normal values run before they signal: exact, no simulation."""

from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CELLS = 201
"""Of the chain; the run lengths of science.md 12.6 then settle to 0.1 %."""


def two_sided_ewma(weight: float, limit: float, shift: float = 0.0, cells: int = CELLS) -> float:
    """Return the mean number of values until a two-sided EWMA signals.

    Parameters
    ----------
    weight
        Of the newest value.
    limit
        In asymptotic SD of the EWMA.
    shift
        Mean of the values, in their SD; the chart starts at 0.

    Examples
    --------
    >>> round(two_sided_ewma(0.2, 2.962))
    500
    """
    bound = limit * sqrt(weight / (2 - weight))
    width = 2 * bound / cells
    at = (np.arange(cells) + 0.5) * width - bound
    edges = np.append(at - width / 2, bound)
    stay = _between((edges - (1 - weight) * at[:, None]) / weight - shift)
    return float(_steps(stay)[cells // 2])


def one_sided_cusum(
    reference: float, limit: float, shift: float = 0.0, cells: int = CELLS
) -> float:
    """Return the mean number of values until a one-sided CUSUM from zero signals."""
    width = 2 * limit / (2 * cells - 1)
    at = np.arange(cells) * width
    edges = np.concatenate(([-np.inf], at + width / 2))
    stay = _between(edges - at[:, None] + reference - shift)
    return float(_steps(stay)[0])


def two_sided_cusum(
    reference: float, limit: float, shift: float = 0.0, cells: int = CELLS
) -> float:
    """Return the mean number of values until either of two one-sided CUSUMs signals.

    >>> round(two_sided_cusum(0.5, 5))
    465
    """
    up = one_sided_cusum(reference, limit, shift, cells)
    down = one_sided_cusum(reference, limit, -shift, cells)
    return 1 / (1 / up + 1 / down)


def shewhart(limit: float, shift: float = 0.0) -> float:
    """Return the mean number of values until one lies beyond `limit` SD.

    >>> round(shewhart(3.0))
    370
    """
    inside = float(_between(np.array([[-limit - shift, limit - shift]]))[0, 0])
    return 1 / (1 - inside)


def guarded(  # noqa: PLR0913  the parameters of the statistic
    limit: float,
    shift: float = 0.0,
    *,
    weight: float,
    reference: float = 0.0,
    least: float = -1.0,
    most: float = 4.0,
    cells: int = CELLS,
) -> float:
    """Return the mean number of nights until one guarded statistic signals, none missing.

    `limit` is in asymptotic SD of the EWMA, as in `daykeel.rhythm.charts.ewma_limit`.
    """
    bound = limit * sqrt(weight / (2 - weight))
    width = 2 * bound / (2 * cells - 1)
    at = np.arange(cells) * width
    edges = np.concatenate(([-np.inf], at + width / 2))
    evidence = (edges - (1 - weight) * at[:, None]) / weight + reference
    # Cut evidence: what lies below the least is the least, what lies above the most is the most.
    needed = np.where(evidence <= least, -np.inf, np.where(evidence > most, np.inf, evidence))
    return float(_steps(_between(needed - shift))[0])


def _steps(stay: Floats) -> Floats:
    """Return from each cell of a chain the mean number of steps until it is left."""
    return np.asarray(np.linalg.solve(np.eye(len(stay)) - stay, np.ones(len(stay))), np.float64)


def _between(edges: Floats) -> Floats:
    """Return the chance of a normal value between each edge and the next."""
    return np.asarray(np.diff(_normal(edges), axis=-1), dtype=np.float64)


_erf = np.vectorize(erf, otypes=[float])


def _normal(at: Floats) -> Floats:
    return np.asarray(0.5 * (1 + _erf(at / sqrt(2))))
