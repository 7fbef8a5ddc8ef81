"""The model itself, on torch and the package ``moshi``; imported in the engine's process only."""
