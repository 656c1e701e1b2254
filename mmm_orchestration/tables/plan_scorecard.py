"""The table of what became of approved plans.

Belongs here: its columns. Must not: the comparison (see `decisions.followed`).
"""

from mmm_orchestration.tables.contracts import Column, TableContract

_ENDS = (("", "median"), ("_low", "lower end"), ("_high", "upper end"))


def _number(name: str, description: str) -> Column:
    return Column(name, "float", description, is_nullable=True)


PLAN_SCORECARD = TableContract(
    name="plan_scorecard",
    description="The plan of record beside what became of it, added up over its periods that are "
    "over; one row for each channel and one for all of them, as it was known first.",
    columns=(
        Column("model", "text", "model of the project; null where it has one", is_nullable=True),
        Column("plan", "text", "name of the approved plan"),
        Column("through", "date", "last day of its periods that are over"),
        Column("channel", "text", "the channel, or 'all'"),
        Column("n_periods", "integer", "periods that are over", minimum=1),
        _number("planned", "money that was planned for them"),
        _number("spent", "money that was spent in them, as accepted"),
        *(
            _number(f"promised{end}", f"KPI units the whole plan was to bring, {what}")
            for end, what in _ENDS
        ),
        *(
            _number(
                f"brought{end}",
                f"KPI units these periods brought by the newest champion, {what}; null while it "
                "was not trained on them",
            )
            for end, what in _ENDS
        ),
        Column("version", "text", "the champion that was asked", is_nullable=True),
    ),
    key=("model", "plan", "through", "channel"),
    date_column="through",
)
