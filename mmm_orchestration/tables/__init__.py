"""Bronze to silver to gold, frame to frame, and the contracts of the tables."""

from typing import Any

import narwhals as nw

type Frame = nw.LazyFrame[Any]
