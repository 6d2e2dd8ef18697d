"""Training runs of which the truth is known: the largest rate that trains, or a fault that is not the rate's."""
