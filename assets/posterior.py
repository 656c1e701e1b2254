"""The fitted model and its convergence checks."""

import dagster as dg

from mmm_orchestration.fitting import fit_model
from mmm_orchestration.freshness import expect_each_period
from mmm_orchestration.home import Home
from mmm_orchestration.inspection import list_extra, list_gold
from mmm_orchestration.metadata import describe_fit, list_gates
from mmm_orchestration.partitions import build_model_partitions, get_model, read_whole
from mmm_orchestration.project import Project
from mmm_orchestration.resources import FolderResource, LakeResource, MlflowResource
from mmm_orchestration.retraining import Request
from mmm_orchestration.training import is_snapshot_observed


def build_posterior_asset(project: Project) -> dg.AssetsDefinition:
    """The posterior of the project's model, fitted on all accepted days."""

    @dg.asset(
        name="posterior",
        description="Draws of the Bayesian media mix model on the accepted days, kept as netCDF "
        "and JSON with a checksum manifest, recorded as one MLflow run and registered as one "
        "version. A run for a period reads the days through it, and fits it once.",
        deps=read_whole(c.name for c in (*list_gold(project), *list_extra(project))),
        partitions_def=build_model_partitions(project),
        group_name="model",
        owners=["team:analytics"],
        kinds={"pymc", "mlflow"},
        pool="gpu",
        freshness_policy=expect_each_period(project),
        check_specs=[
            dg.AssetCheckSpec(name, asset="posterior", description=means, blocking=True)
            for name, means in list_gates(project.gates)
        ],
    )
    def posterior(
        context: dg.AssetExecutionContext,
        lake: LakeResource,
        folder: FolderResource,
        mlflow: MlflowResource,
    ) -> dg.MaterializeResult:
        home = Home(project, folder.base, model=get_model(context))
        fit = fit_model(
            home,
            lake=lake.get(),
            asked=Request.from_tags(context.run.tags),
            tracker=mlflow,
            dagster_run=context.run.run_id,
            say=context.log.info,
            warn=context.log.warning,
        )
        is_observed = is_snapshot_observed(fit.record, folder=home.posteriors, lake=lake.get())
        return describe_fit(
            fit.results,
            record=fit.record,
            posterior=fit.posterior,
            findings=fit.findings,
            is_observed=is_observed,
        )

    return posterior
