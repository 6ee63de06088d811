"""The page of a validation as values for its template: what did not pass, drift by how far it goes, columns beside their baseline."""
