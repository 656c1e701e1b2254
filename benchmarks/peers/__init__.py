"""The model engine beside pymc-marketing and Google Meridian, on the same files and in one sitting.

Each engine runs in an environment and a process of its own. What it is asked (`job`), how it is
asked (`run_this`, `run_pymc_marketing`, `run_meridian`) and how its answer is measured
(`metrics`) are kept apart, so that every engine is measured by the same code.
"""
