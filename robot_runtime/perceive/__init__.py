"""From pictures to objects and people in the map."""
