"""The array types, by what a number is; shapes stand in docstrings."""

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]
Floats64 = NDArray[np.float64]
Ints64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
