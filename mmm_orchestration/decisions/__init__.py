"""What to do with the budget: plans, their proof, scenarios and what was approved."""
