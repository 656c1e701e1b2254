"""The prior of a channel's share of KPI, as declared or by default."""

import math

from mmm_orchestration.project import Project, SharePrior

NORMAL_95 = 1.6448536269514722


def get_share_prior(project: Project, *, channel: str) -> SharePrior:
    """The declared prior of the channel's share of KPI, or the default of the project."""
    declared = {c.name: c.prior for c in project.channels}
    return declared[channel] or project.model.default_prior


def describe_share_prior(prior: SharePrior) -> tuple[float, float]:
    """Median and log-sd of the log-normal with 95 % of its mass below `upper`."""
    return prior.median, math.log(prior.upper / prior.median) / NORMAL_95
