"""The registry's social rhythm measures."""

from daykeel.rhythm.measure import Measure

MONK = (
    "Monk et al. 2002, J Sleep Res 11:183-190; "
    "Monk et al. 1990, J Nerv Ment Dis 178:120-126, doi:10.1097/00005053-199002000-00007"
)
SRM_CLIENT = "How many days this week your five daily anchors happened at about their usual time."
SRM_THERAPIST = (
    "Mean hits per scored anchor (±45 min of the week's habitual time, 0-7), prorated for "
    "missing days."
)
SRM_FORMULA = (
    "Per anchor with at least 3 times: habitual time = mean of the times within 1.5 SD of their "
    "mean (one pass); hits = times within 45 min of it; score = hits x 7 / known days. The mean "
    "over the scored anchors."
)
SRM_MISSING = (
    "Prorated per anchor (`prorated`). A day known not done is a miss. Times read off main sleep "
    "count where both ends are known within 30 minutes."
)

SOCIAL = (
    Measure(
        id="srm5.weekly",
        name="SRM-5, therapy week",
        unit="points",
        lo=0,
        hi=7,
        formula=SRM_FORMULA,
        client_sentence=SRM_CLIENT,
        therapist_sentence=SRM_THERAPIST,
        minimum="5 recorded days (3 known anchors each) and 3 scored anchors",
        missing=SRM_MISSING,
        reference=MONK,
        windows=("week",),
    ),
    Measure(
        id="srm5.rolling",
        name="SRM-5, last 7 days",
        unit="points",
        lo=0,
        hi=7,
        formula=SRM_FORMULA,
        client_sentence=SRM_CLIENT,
        therapist_sentence=SRM_THERAPIST,
        minimum="5 recorded days (3 known anchors each) and 3 scored anchors",
        missing=SRM_MISSING,
        reference=MONK,
        windows=("7d",),
    ),
    Measure(
        id="srm.hit_fraction",
        name="Anchors near the habitual time",
        unit="fraction",
        lo=0,
        hi=1,
        formula="Known anchors of the day within 45 min of the habitual time frozen with the "
        "baseline, divided by known anchors",
        client_sentence="How many of today's anchors were near your usual time.",
        therapist_sentence="Share of today's anchors within ±45 min of the frozen baseline "
        "habitual times.",
        minimum="3 known anchors and a frozen habitual time",
        missing="Unknown anchors leave the value and widen the bounds: hits / all to "
        "(hits + unknown) / all.",
        reference="This project; after " + MONK,
        windows=("1d",),
    ),
    Measure(
        id="srm.target_adherence",
        name="Anchors near the target time",
        unit="fraction",
        lo=0,
        hi=1,
        formula="Item-days within 45 min of the target in force, divided by known item-days with "
        "a target",
        client_sentence="How often you hit the times you agreed on.",
        therapist_sentence="Share of item-days within ±45 min of the target in force on that "
        "day; beside SRM, never instead.",
        minimum="5 recorded days (1 known anchor with a target each); provisional from 3",
        missing="Unknown item-days leave the value; known not done is a miss.",
        reference="This project; after " + MONK,
        windows=("7d", "28d"),
    ),
    Measure(
        id="srm.sleep_anchors",
        name="Sleep anchors",
        unit="points",
        lo=0,
        hi=7,
        formula=SRM_FORMULA + " Only out of bed and go to bed; never called SRM-5.",
        client_sentence="How many days this week you got up and went to bed at about your usual "
        "time.",
        therapist_sentence="Mean hits of out of bed and go to bed (±45 min of the week's "
        "habitual time, 0-7), for clients whose other anchors nobody can know.",
        minimum="5 recorded days (1 known anchor each) and both anchors scored",
        missing=SRM_MISSING,
        reference="This project; after " + MONK,
        windows=("week",),
    ),
    Measure(
        id="srm.ali",
        name="Activity level index",
        unit="count",
        lo=0,
        hi=35,
        formula="Number of anchors done, summed over the week",
        client_sentence="How many of the listed activities you did this week.",
        therapist_sentence="Number of item-events in the week; read it with SRM, which can look "
        "good when little happens.",
        minimum="5 recorded days",
        missing="Not prorated; published with its coverage.",
        reference="Monk et al. 1997, Chronobiol Int 14:295-306, doi:10.3109/07420529709001421",
        windows=("week",),
    ),
)
