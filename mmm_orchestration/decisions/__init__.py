"""What to do with the budget: plans, their proof, scenarios and what was approved."""

# A project holds the question of its plan, whose form is here and built of the project's own kinds
# of value; whichever of the two is imported first, the project's comes first.
import mmm_orchestration.project  # noqa: F401
