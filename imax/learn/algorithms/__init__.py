"""The estimators of probabilities from logs of actions, one file each."""
