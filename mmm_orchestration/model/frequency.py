"""How often people were reached, from reach and contacts.

Belongs here: frequency as an array. Must not: where the two come from.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmm_orchestration.model.data import Array
from mmm_orchestration.project import Project


def flag_reach(project: Project, *, channels: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the channels are measured by reach and frequency, shape (channel,)."""
    measures = {c.name: c.exposure for c in project.channels}
    return np.array([measures[c] == "reach" for c in channels], bool)


def divide_contacts(contacts: Array, *, reach: Array, is_reach: NDArray[np.bool_]) -> Array:
    """Contacts per person reached, in the shape (…, channel) of `contacts` and `reach`.

    One where nobody is reached, nan for channels that `is_reach` (channel,) does not name.
    """
    frequency = np.divide(contacts, reach, out=np.ones_like(reach), where=reach > 0)
    return np.where(is_reach, frequency, np.nan)
