"""The lines of JAX."""

import jax
import jax.numpy as jnp


def debug_nans(cured):
    """sin x / x at 0. Cured: the input of the division is made safe first."""
    x = jnp.float32(0.0)
    safe = jnp.where(x == 0, 1.0, x) if cured else x
    with jax.debug_nans(True):
        return jnp.where(x == 0, 1.0, jnp.sin(x) / safe)
