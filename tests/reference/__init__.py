"""Slow, plain counterparts of what the core does, as oracles for its tests."""
