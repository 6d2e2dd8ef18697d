"""Problems on networks: what layers, steps and methods change."""
