"""What the product's weights are made with: definition, data, training and evaluation (torch; never installed)."""
