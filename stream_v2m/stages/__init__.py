"""Floor 3: the four coroutines: ingest, observe, compose, perform."""
