"""A certificate in sentences, doubts first.

Belongs here: what is said and when. Must not: how it is measured (see `certify`).
"""

from mmm_orchestration.decisions.results import Certificate

UNSURE = 0.8
MUCH_OUTSIDE = 0.1
ROUGH = 0.05
NOISY = 0.01
LEAST_CHANCE = 0.01


def tell_chance(probability: float) -> str:
    """A probability told from draws, which never prove what is certain."""
    if probability > 1 - LEAST_CHANCE:
        return f"over {1 - LEAST_CHANCE:.0%}"
    return f"under {LEAST_CHANCE:.0%}" if probability < LEAST_CHANCE else f"{probability:.0%}"


def describe_certificate(certificate: Certificate, *, unit: str, currency: str) -> tuple[str, ...]:
    """What a person should know before following the plan; the KPI is counted in `unit`."""
    return (*_tell_doubts(certificate), *_tell_gain(certificate, unit=unit, currency=currency))


def _tell_doubts(certificate: Certificate) -> list[str]:
    told = []
    if not certificate.is_improvement:
        told.append(
            "This plan is no better than today's by more than another seed would change: there "
            "is no reason to move."
        )
    if not certificate.has_converged:
        told.append(
            "The search was stopped before it came to an end; a better plan may be close by."
        )
    elif certificate.residual > ROUGH:
        told.append(
            f"Marginal returns still differ by {certificate.residual:.0%} of their size, so the "
            "split is rough."
        )
    n_starts = len(certificate.starts)
    if certificate.n_agree < n_starts:
        told.append(
            f"Only {certificate.n_agree} of {n_starts} starts came to the best value: curves have "
            "several summits, and a higher one may exist."
        )
    if certificate.is_improvement and certificate.probability < UNSURE:
        told.append(
            "It brings more than today's with a probability of "
            f"{tell_chance(certificate.probability)} only."
        )
    if certificate.outside > MUCH_OUTSIDE:
        told.append(
            f"{certificate.outside:.0%} of the gain rests on spend above the largest observed, "
            "where response curves are extrapolated: move there in steps, and measure."
        )
    noisy = {name: each for name, each in certificate.split_noise.items() if each > NOISY}
    if noisy:
        worst = max(noisy, key=lambda name: noisy[name])
        told.append(
            f"With another seed the split would move, that of {worst} most, by "
            f"{noisy[worst]:.1%} of the budget."
        )
    return told


def _tell_gain(certificate: Certificate, *, unit: str, currency: str) -> list[str]:
    gain = certificate.gain
    told = [
        f"Beyond today's plan it brings {gain.median:,.0f} {unit} (94 % interval "
        f"{gain.low:,.0f} to {gain.high:,.0f}), more than nothing with a probability of "
        f"{tell_chance(certificate.probability)}. Another seed would move the mean by "
        f"{certificate.gain_noise:,.0f}.",
        f"If the true curves were known, another plan would bring at least "
        f"{certificate.regret:,.0f} {unit} more.",
    ]
    told += [
        f"'{slack.name}' is spent to its limit: one more {currency} would bring {slack.price:,.2f}."
        for slack in certificate.slacks
        if slack.is_met and slack.price > 0
    ]
    return told
