"""Music data as songs in the model's vocabulary and key."""
