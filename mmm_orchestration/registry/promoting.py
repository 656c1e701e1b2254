"""Making a version champion and taking that back, each on record for ever.

Belongs here: who may become champion. Must not: the gate itself, which only leaves its verdict.
"""

from mmm_orchestration.errors import RegistryError
from mmm_orchestration.home import Home
from mmm_orchestration.promotion.results import find_verdict
from mmm_orchestration.registry.restoring import restore_posterior
from mmm_orchestration.registry.store import open_registry
from mmm_orchestration.registry.switches import Switch
from mmm_orchestration.registry.versions import CHAMPION


def promote(
    home: Home, *, version: str, by: str, reason: str = "", is_waived: bool = False
) -> Switch:
    """The switch that made `version` (its name or number) the champion.

    A version that has not passed the gate needs a waiver, a name and a reason. Raises
    RegistryError where one is missing, where it is champion already, or where its posterior is
    not whole.
    """
    registry = open_registry(home)
    target = registry.get(version)
    if CHAMPION in target.aliases:
        raise RegistryError(f"Version {target.version} is the champion already")
    lacking = tell_lacking(home, version=target.version)
    if lacking and not is_waived:
        raise RegistryError(
            f"Version {target.version} cannot become champion: {lacking}",
            fix="Waive the gate with --waive --by NAME --reason TEXT, which stays on record",
        )
    if lacking and not (by.strip() and reason.strip()):
        raise RegistryError(
            "A waiver needs a name and a reason, which stay on record",
            fix="Add --by NAME --reason TEXT",
        )
    restore_posterior(home, target)
    return registry.set_alias(
        CHAMPION,
        target.version,
        by=by,
        reason=reason or "passed the promotion gate",
        waived=lacking,
    )


def rollback(home: Home, *, by: str, reason: str) -> Switch:
    """The switch back to the version that was champion before.

    Raises RegistryError where there was none, or where its posterior is not whole.
    """
    registry = open_registry(home)
    earlier = registry.find_before(CHAMPION)
    if earlier is None:
        raise RegistryError(
            f"Model '{registry.name}' has no earlier champion to go back to", fix="See 'mmm models'"
        )
    restore_posterior(home, earlier)
    return registry.set_alias(CHAMPION, earlier.version, by=by, reason=reason, kind="rollback")


def tell_lacking(home: Home, *, version: str) -> str:
    """What the version lacks to become champion, in words; empty where it lacks nothing."""
    verdict = find_verdict(home.posteriors, version=version)
    if verdict is None:
        return "the promotion gate has not judged it"
    if verdict.is_passed:
        return ""
    return "it did not pass the promotion gate: " + " ".join(verdict.reasons)
