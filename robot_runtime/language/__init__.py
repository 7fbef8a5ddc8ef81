"""What the robot knows of each language, one YAML file a language: how words are parted, and what things are called."""
