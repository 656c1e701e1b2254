"""Every cause that an examination of data or posterior can tell."""

BEFORE: dict[str, str] = {
    "not_finite": "All modelled numbers are finite.",
    "too_few_rows": "There are enough periods for the unknowns.",
    "many_controls": "There are enough periods for the controls.",
    "collinear_channels": "No channels move as one.",
    "high_vif": "No channel or control is a sum of the others.",
    "low_spend_variation": "Every channel varies of its own.",
    "exposure_mismatch": "No exposure or price of exposure jumps.",
    "spend_follows_kpi": "No exposure follows past KPI.",
    "promotion_with_media": "No happening coincides with a channel.",
    "absent_season": "The KPI follows no season that the model lacks.",
    "double_counting": "No day stands behind the priors and in the data.",
    "post_treatment_control": "No control looks like an effect of media.",
}
AFTER: dict[str, str] = {
    "not_finite": "All draws are finite.",
    "prior_dominates": "Data decided every reported number.",
    "collinear_channels": "Channels can be told apart.",
    "bimodal_posterior": "Every number has one answer.",
    "negative_baseline": "The baseline is positive.",
    "implausible_roi": "Returns are believable.",
    "residual_autocorrelation": "Residuals have no memory.",
    "season_left": "Residuals have no cycle.",
    "change_point": "Residuals have no break.",
    "outlier_leverage": "No single period decides.",
    "unobserved_confounding": "Only a strong confounder could halve a return.",
    "effect_drift": "Effects are steady.",
    "curve_misfit": "Response curves have the right form.",
}
