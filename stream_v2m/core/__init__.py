"""Floor 0: values, vocabularies, time, channels, configuration. Imports nothing of ours."""
