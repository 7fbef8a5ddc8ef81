"""The hazard classifier: reads what was asked, in the speaker's words, and what is around; it may only tighten."""
