"""The three ways in which imax compiles a function.

Hot kernels and their helpers allocate nothing, so they are compiled without Numba's reference counting: counts kept on
every array that passes through an inlined helper made the sampler three times slower.
"""

from numba import njit

__all__ = ["helper", "hot", "kernel"]

kernel = njit(cache=True, nogil=True)
hot = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
helper = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
