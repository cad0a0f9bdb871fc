"""The algorithms of capacity-constrained selection."""
