"""Measuring a performance as a peer hears it, without any hardware."""
