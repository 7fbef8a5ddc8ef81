"""The manner that fits the person: pace of speech, distance, approach."""
