"""What things are made of: simple parts that the MuJoCo compiler, the site map and the oracle share."""
