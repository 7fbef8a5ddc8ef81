"""What is where and who is here, with age and origin of each fact."""
