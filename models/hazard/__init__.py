"""How the hazard classifier of ``safety/hazards`` is made: sentences, training, export, figures."""
