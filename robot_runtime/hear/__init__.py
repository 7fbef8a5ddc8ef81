"""From sound to words: voice activity, grammar recognition, end of turn, stop word."""
