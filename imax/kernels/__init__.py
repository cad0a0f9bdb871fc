"""The compiled kernels: arrays in, arrays out. Nothing outside this package is compiled."""
