"""The robot's words, one YAML file per language."""
