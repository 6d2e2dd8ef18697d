"""What the entry of JAX says."""

import traceback

import jax
import jax.numpy as jnp

PROVES = "messages"


def debug_nans_names_the_operation_and_where_guards_only_the_value():
    """
    “Check: find the last line of your own code in the traceback, and print what goes into it.”
    “jax_debug_nans ran the function again, operation by operation, and this one gave the nan.”
    “Cure: a division: make its input safe, then choose with where. In a gradient: where guards the value, not the slope.”
    """
    seen = []

    @jax.jit
    def ratio(x):
        seen.append(isinstance(x, jax.core.Tracer))
        return jnp.where(x == 0, 1.0, jnp.sin(x) / x) * jnp.cos(x)

    with jax.debug_nans(True):
        try:
            said = str(jax.jit(lambda x: jnp.cos(x / x) + 1)(jnp.float32(0)))
        except FloatingPointError as error:
            said = str(error)
            frames = traceback.extract_tb(error.__traceback__)
    assert "invalid value (nan) encountered in div" in said  # not: in jit
    own = [frame.line for frame in frames if frame.filename.endswith("jax_claims.py")]
    assert "jnp.cos(x / x)" in own[-1]
    assert ratio(jnp.float32(0)) == 1 and seen[0]

    def safe(x):
        inside = jnp.where(x == 0, 1.0, x)
        return jnp.where(x == 0, 1.0, jnp.sin(inside) / inside)

    assert jnp.isnan(jax.grad(ratio)(jnp.float32(0)))
    assert safe(jnp.float32(0)) == 1 and jnp.isfinite(jax.grad(safe)(jnp.float32(0)))


def it_lets_inf_pass_unless_it_is_told_to_look_for_it():
    """“It lets inf pass, so inf − inf is named and not the inf; jax_debug_infs stops there.”"""

    def said(do):
        try:
            return str(do())
        except FloatingPointError as error:
            return str(error)

    big = jnp.float32(100.0)
    with jax.debug_nans(True):
        assert said(lambda: jnp.exp(big)) == "inf"
        assert "invalid value (nan) encountered in sub" in said(lambda: jnp.exp(big) - jnp.exp(big))
        with jax.debug_infs(True):
            assert "invalid value (inf) encountered in exp" in said(lambda: jnp.exp(big) - jnp.exp(big))
