"""How well a posterior predicts: leave-one-out, out of time, and which model is best."""
