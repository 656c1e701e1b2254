"""The fitted model and its convergence checks."""

import dagster as dg

from mmm_orchestration.examining import examine_after, examine_before, keep_findings
from mmm_orchestration.home import Home
from mmm_orchestration.inspection import list_extra, list_gold
from mmm_orchestration.metadata import describe_fit, list_gates
from mmm_orchestration.partitions import build_model_partitions, get_model, read_whole
from mmm_orchestration.project import Project
from mmm_orchestration.publishing import summarise_fit
from mmm_orchestration.resources import FolderResource, LakeResource, MlflowResource
from mmm_orchestration.tracking import record_fit
from mmm_orchestration.training import (
    fit_snapshot,
    is_snapshot_observed,
    keep_posterior,
    read_snapshot,
)


def build_posterior_asset(project: Project) -> dg.AssetsDefinition:
    """The posterior of the project's model, fitted on all accepted days."""

    @dg.asset(
        name="posterior",
        description="Draws of the Bayesian media mix model on the accepted days, kept as netCDF "
        "and JSON with a checksum manifest, and recorded as one MLflow run.",
        deps=read_whole(c.name for c in (*list_gold(project), *list_extra(project))),
        partitions_def=build_model_partitions(project),
        group_name="model",
        owners=["team:analytics"],
        kinds={"pymc", "mlflow"},
        pool="gpu",
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
        tables, one, kept = lake.get(), home.one, home.posteriors
        snapshot = read_snapshot(tables, project=one)
        before = examine_before(snapshot.data, project=one, say=context.log.warning)
        with mlflow.open_run(model=one.model_name) as mlflow_run:
            fitted = fit_snapshot(snapshot, project=one, say=context.log.info)
            record = keep_posterior(
                fitted,
                folder=kept,
                snapshot=snapshot,
                dagster_run=context.run.run_id,
                mlflow_run=mlflow_run,
            )
            findings = examine_after(fitted, before=before)
            keep_findings(findings, folder=kept, version=record.version)
            results = summarise_fit(fitted, record=record)
            record_fit(fitted, record=record, results=results, folder=kept)
        is_observed = is_snapshot_observed(record, folder=kept, lake=tables)
        return describe_fit(
            results, record=record, posterior=fitted, findings=findings, is_observed=is_observed
        )

    return posterior
