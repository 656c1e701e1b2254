"""A daily world with known truth, and the messy exports through which a project sees it.

`simulate_world` makes the world, `write_demo` writes its exports, project file and truth.
"""

from mmm_orchestration.sources.simulator.demo import DemoFiles, read_last_day, write_demo
from mmm_orchestration.sources.simulator.dirt import Dirt
from mmm_orchestration.sources.simulator.world import World, simulate_world

__all__ = ["DemoFiles", "Dirt", "World", "read_last_day", "simulate_world", "write_demo"]
