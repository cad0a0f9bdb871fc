"""What samples of RR sets say: collections, greedy coverage under constraints, bounds."""
