"""Finding: what is looked for, and where in a text it is."""
