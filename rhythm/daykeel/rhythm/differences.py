"""Where reference programs give other numbers than ours, and why: a part of the measures' page."""

from typing import NamedTuple

HEAD = """\
## Where reference programs give other numbers

The functions of `daykeel.rhythm` are compared with 931 values of independent programs
(`tests/oracles`). 384 of them are targets. 105 of those need recordings that cannot be given on and
are left out, their number printed; 4 are not offered; the other 275 are met within their stated
tolerance. 66 of these are committed with the code, the rest is read from a `shared` folder beside
the working tree and its absence is a failure in CI. Each of the other values is explained by a row
of this table; a test finds the row of every one, and where the last column says "tested" it is
recomputed from ours.

| reference | what it gives | ours | |
|---|---|---|---|
"""


class Difference(NamedTuple):
    """A row of the table."""

    reference: str
    gives: str
    ours: str
    tested: bool = False

    @property
    def line(self) -> str:
        """The row in Markdown."""
        return f"| {self.reference} | {self.gives} | {self.ours} | {'tested' * self.tested} |"


DIFFERENCES = (
    Difference(
        "pyActigraphy, interdaily stability",
        "variances with n - 1: `IS · p/(p - 1) · (N - 1)/N`, so a perfect week gives 1.0373",
        "the published form, at most 1",
        tested=True,
    ),
    Difference(
        "pyActigraphy, intradaily variability",
        "`IV · (N - 1)/N`",
        "the published form",
        tested=True,
    ),
    Difference(
        "pyActigraphy, ISm and IVm",
        "the same factors at each of 22 widths",
        "mean of the published forms",
        tested=True,
    ),
    Difference(
        "pyActigraphy, untrimmed recordings",
        "hours begin with the first sample, and a last part of an hour counts as a whole one",
        "hours of the clock; give whole days",
    ),
    Difference(
        "pyActigraphy, periods of 7 days",
        "each has one hour too many, since its end is counted in; the factors of IS and IV",
        "give the days of the period",
    ),
    Difference(
        "GGIR, IS and IV",
        "equal; its autocorrelation `phi` is not offered",
        "the same",
        tested=True,
    ),
    Difference(
        "GGIR, IS and IV with 10 h missing",
        "mean of the profile as centre; N - 1 as divisor though fewer differences are known",
        "mean of all known hours; differences between known neighbours, over their own number",
        tested=True,
    ),
    Difference(
        "nparACT, IS and IV",
        "equal to ours within 0.01, to which it rounds",
        "the same",
        tested=True,
    ),
    Difference(
        "nparACT, L5, M10, RA",
        "equal to ours within 0.01, to which it rounds",
        "the same",
        tested=True,
    ),
    Difference(
        "GGIR, L5 of the average day",
        "steps of 10 minutes, so not quite the least",
        "every epoch of the average day, across midnight",
        tested=True,
    ),
    Difference(
        "GGIR, L5 of each day",
        "steps of 10 minutes within a calendar day; of windows that tie the middle one",
        "of one date from noon to noon (`act.l5`), the first that ties",
    ),
    Difference(
        "pyActigraphy, onset where windows tie",
        "rounding picks a later window that is as active within 1e-9",
        "the first of the windows that tie",
        tested=True,
    ),
    Difference(
        "mengelhard/sri, gaps and its test file",
        "a missing epoch counts as a mismatch: 47.348 for 53.150",
        "pairs with a gap are left out",
        tested=True,
    ),
    Difference(
        "mengelhard/sri, midpoint",
        "the circular mean, rounded down to the epoch",
        "`clock.summarise`",
        tested=True,
    ),
    Difference("pyActigraphy, midpoint", "equal to `clock.summarise`", "the same", tested=True),
    Difference(
        "GGIR, regularity by pair of days",
        "rounded to 3 decimals; the mean weighs a pair with gaps like a whole one",
        "`sleep_regularity_by_day_pair`, not averaged; the index pools epochs",
        tested=True,
    ),
    Difference(
        "sleepreg",
        "one epoch fewer",
        "every known pair of epochs",
        tested=True,
    ),
    Difference(
        "sleepreg, 7 h missing",
        "a day with more than 6 h missing is dropped whole",
        "every known pair of epochs",
    ),
    Difference("pyActigraphy, index with gaps", "NaN", "pairs with a gap are left out"),
    Difference(
        "pyActigraphy, Sadeh",
        "reads the logarithm of the next epoch; 50 counts are not natural, and a sum of exactly 0 "
        "is wake",
        "of the scored epoch, as published",
    ),
    Difference(
        "GGIR, Sadeh",
        "5 epochs late; beyond both ends the first and the last count go on",
        "in place; nothing is scored at the ends",
        tested=True,
    ),
    Difference(
        "GGIR, Cole-Kripke",
        "counts divided by 6, 3 epochs late",
        "the factor is an option, in place",
        tested=True,
    ),
    Difference(
        "pyActigraphy, Cole-Kripke",
        "counts divided by 30, and two more minutes needed at the end",
        "the factor is an option",
        tested=True,
    ),
    Difference(
        "pyActigraphy, Cole-Kripke rescored",
        "the same with Webster's rules of 1982 applied to it",
        "no rescoring",
    ),
    Difference(
        "pyActigraphy, Roenneberg",
        "the rule at the recording's own minutes, so other seeds, ends and joins",
        "ten minutes, as published and as the product itself uses it",
    ),
    Difference("pyActigraphy, Scripps, Oakley, Crespo", "further scorers", "not offered"),
    Difference(
        "CosinorPy",
        "peak read off a grid; radians with the other sign",
        "exact, in hours",
        tested=True,
    ),
    Difference(
        "pyActigraphy, cosinor",
        "iterative fit of the same wave; radians with the other sign",
        "least squares, in hours",
        tested=True,
    ),
    Difference(
        "SRM variants other than `default`",
        "population SD, strict limits, outliers that never hit, no wrap at midnight, or the rules "
        "of one study's code",
        'the published wording; `hits_from="kept"` gives the outlier variant',
    ),
    Difference(
        "`circadian`, all models",
        "minima on the grid of the solver (targets within it)",
        "refined between samples, at most half a step away",
        tested=True,
    ),
    Difference(
        "`circadian`, ESRI (3 targets)",
        "an index of the light, not of the person",
        "not offered: no measure of the product uses it",
    ),
    Difference(
        "`circadian`, Hilaire07 (1 target)",
        "needs the times of sleep beside the light",
        "not offered: not a model of the product",
    ),
    Difference(
        "cosinor on hours stamped at their start",
        "peak half an hour early (targets given so)",
        "times are an argument: give the middle of the hour",
        tested=True,
    ),
)


def section() -> str:
    """Return the table in Markdown under its heading."""
    return HEAD + "".join(f"{one.line}\n" for one in DIFFERENCES)
