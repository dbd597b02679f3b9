"""Pure values and rules. No clock, ids, environment, IO or logging lives here."""
