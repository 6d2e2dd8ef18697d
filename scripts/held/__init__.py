"""How much of a page is proven: its sentences, the tests that quote them, and what nothing holds."""
