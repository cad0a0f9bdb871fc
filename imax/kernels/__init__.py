"""The compiled functions: they take and fill arrays. Nothing outside this package is compiled."""
