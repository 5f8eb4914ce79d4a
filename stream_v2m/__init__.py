"""A live picture becomes live music."""

__version__ = "0.1.0"
