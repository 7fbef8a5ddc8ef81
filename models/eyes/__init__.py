"""The eyes' networks: pictures to train them on, training, export."""
