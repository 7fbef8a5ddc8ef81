"""What is present on this machine, and what each missing piece costs."""
