"""How the things a user meets show themselves in a notebook: small fragments of HTML, self-contained, without script, every text escaped."""
