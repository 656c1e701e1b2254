"""Adstock and saturation as tensors, each a frozen class with its priors.

Belongs here: carry-over and saturation for sampling. Their twins on NumPy draws are in
`insight.transforms`; a shared test holds the two together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from mmm_orchestration.insight.transforms import spread_steps
from mmm_orchestration.model.data import Array

# a symbolic array; PyTensor leaves the types of its operations open
Tensor = Any

CHANNEL = "channel"


@dataclass(frozen=True)
class GeometricAdstock:
    """Carry-over that fades by `alpha` each step; `max_lag` counts periods.

        a[t] = Σ_l w_l x[t-l],   w_l ∝ Σ_k spread[l, k] alpha^k,   Σ_l w_l = 1

    A step is one period (then w_l ∝ alpha^l) or a shorter time: fading by the day, with
    exposure spread evenly over the days of a week, a week keeps more for the next than it does
    for those after. alpha = 0 is no carry-over. The prior is on the mean lag in days,
    log-normal: `alpha = mean_lag / (mean_lag + step_days)`, so it means the same for any step.
    """

    max_lag: int
    period_days: int
    step_days: int
    median_days: float = 5.0
    log_sd: float = 1.0

    def sample_prior(self, n_channels: int) -> Tensor:
        """The unknown `mean_lag_days` of each channel, to be called inside a model."""
        start = np.full(n_channels, self.median_days)
        return pm.LogNormal(
            "mean_lag_days", np.log(self.median_days), self.log_sd, dims=CHANNEL, initval=start
        )

    def get_alpha(self, mean_lag_days: Tensor) -> Tensor:
        """Retention per step, shape (channel,)."""
        return mean_lag_days / (mean_lag_days + self.step_days)

    @property
    def spread(self) -> Array:
        """Which part of each step's effect falls into which period, shape (lag, step)."""
        return spread_steps(self.max_lag, period_days=self.period_days, step_days=self.step_days)

    def apply(self, lagged: Tensor, alpha: Tensor, spread: Tensor) -> Tensor:
        """Adstock of shape (date, channel) from exposure of shape (date, lag, channel)."""
        steps = pt.arange(spread.shape[1], dtype="float64")  # type: ignore[no-untyped-call]
        fading = alpha[None, :] ** steps[:, None]
        kernel = (spread[:, :, None] * fading[None, :, :]).sum(axis=1)
        kernel = kernel / kernel.sum(axis=0, keepdims=True)
        return (kernel[None, :, :] * lagged).sum(axis=1)

    def stack_lags(self, exposure: Array) -> Array:
        """Exposure (date, channel) shifted by each lag, shape (date, lag, channel).

        Exposure before the first period is taken as zero.
        """
        padded = np.vstack([np.zeros((self.max_lag, exposure.shape[1])), exposure])
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.max_lag + 1, axis=0)
        return np.ascontiguousarray(windows[:, :, ::-1].transpose(0, 2, 1))


@dataclass(frozen=True)
class HillSaturation:
    """Diminishing returns in [0, 1), half reached at `half_saturation`.

        s = a^slope / (a^slope + half_saturation^slope)

    Zero exposure gives zero; slope 1 is concave, above 1 is S-shaped. The prior of the half
    saturation is log-normal around the typical exposure of a period in which the channel is on.
    """

    half_median: float = 1.0
    half_log_sd: float = 0.8
    slope_median: float = 1.0
    slope_log_sd: float = 0.35

    def sample_prior(self, n_channels: int) -> tuple[Tensor, Tensor]:
        """The unknown `half_saturation` (in typical exposures) and `slope` of each channel."""
        half = pm.LogNormal(
            "half_saturation",
            np.log(self.half_median),
            self.half_log_sd,
            dims=CHANNEL,
            initval=np.full(n_channels, self.half_median),
        )
        slope = pm.LogNormal(
            "slope",
            np.log(self.slope_median),
            self.slope_log_sd,
            dims=CHANNEL,
            initval=np.full(n_channels, self.slope_median),
        )
        return half, slope

    def apply(self, adstock: Tensor, half: Tensor, slope: Tensor) -> Tensor:
        """Saturation of the shape of `adstock`, (date, channel)."""
        is_on = adstock > 0
        log_ratio = pt.log(pt.switch(is_on, adstock, 1.0)) - pt.log(half)
        return pt.switch(is_on, pt.sigmoid(slope * log_ratio), 0.0)


def find_typical_exposure(exposure: Array) -> Array:
    """Mean exposure over the periods in which a channel is on, shape (channel,)."""
    typical: Array = exposure.sum(axis=0) / np.maximum((exposure > 0).sum(axis=0), 1)
    return typical
