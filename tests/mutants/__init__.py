"""`make mutants`: breaks the decision in every small way, one at a time, and lists what no test notices."""
