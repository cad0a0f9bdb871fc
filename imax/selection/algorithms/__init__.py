"""The selection algorithms, one file each."""
