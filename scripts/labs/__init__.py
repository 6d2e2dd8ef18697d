"""Labs: the page of each, and the versions of its notebook for learners and teachers."""
