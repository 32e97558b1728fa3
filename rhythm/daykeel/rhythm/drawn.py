"""Charts under the baselines of a plan, drawn anew or on from what was drawn before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from daykeel.rhythm.acute import rules
from daykeel.rhythm.freeze import Frozen, Material
from daykeel.rhythm.hit_material import HitMaterial
from daykeel.rhythm.inputs import DURATION, MID
from daykeel.rhythm.pinning import Piece
from daykeel.rhythm.plan import Charts, Plan
from daykeel.rhythm.rules import LIVE, Rules
from daykeel.rhythm.series import Flags, Series
from daykeel.rhythm.track import Read, Track, continued, track


@dataclass(frozen=True, slots=True)
class Before:
    """Charts from other records, that come to the same before night `until`."""

    tracks: Mapping[str, Track] = field(default_factory=dict)
    until: int = 0


NOTHING_BEFORE = Before()


def charts(series: Series, plan: Plan, travel: Flags, by: Rules = LIVE) -> Charts:
    """Return every chart under the baselines of a plan, and the acute rules."""
    tracks = {chart: tracked(chart, series, pieces, travel, by) for chart, pieces in plan.items()}
    return Charts(tracks, rules(series, tracks[MID], tracks[DURATION], travel, by))


def tracked(  # noqa: PLR0913, PLR0917  what a chart is made of, and the chart to go on from
    chart: str,
    series: Series,
    pieces: Sequence[Piece],
    travel: Flags,
    by: Rules,
    before: Before = NOTHING_BEFORE,
) -> Track:
    """Return a chart under its baselines, going on from what was known before if it was."""
    known = before.tracks.get(chart)
    if known is None:
        return track(chart, series, [read(*one) for one in pieces], travel, by)
    frozen, until = [one for one, _ in pieces], before.until
    still = [read(*one, until) for one in pieces if one[0].stop > until]
    return continued(known, until, series, frozen, still, travel)


def read(frozen: Frozen, material: Material, since: int = 0) -> Read:
    """Return a baseline with what its chart reads under it from night `since` on."""
    nights = slice(max(frozen.start, since), frozen.stop)
    speaks = material.speaks(frozen.device) if isinstance(material, HitMaterial) else None
    return Read(frozen, material.read(frozen.baseline, nights), material.device, speaks)
