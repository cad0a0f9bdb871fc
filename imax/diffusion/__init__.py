"""How influence spreads: tables of the models, RR sets, forward simulation, exact enumeration."""
