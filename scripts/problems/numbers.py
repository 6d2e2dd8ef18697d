"""Numbers as a problem shows them: in four significant digits, and chosen so that these are enough."""

import math

DIGITS = 4  # significant, of every right answer


def number(value: float, digits: int = DIGITS) -> str:
    """A number as it is printed in a text: rounded to significant digits, never with an exponent."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: float, digits: int = DIGITS) -> str:
    """The same outside a formula, with a true minus sign."""
    return number(value, digits).replace("-", "−")


def is_neat(value: object) -> bool:
    """Anything but a number, a count, or a number that has at most four significant digits."""
    return not isinstance(value, float) or math.isclose(float(number(value)), value, rel_tol=1e-12)


def _invertible(low: float, high: float) -> list[float]:
    """Numbers of two or three digits whose inverse is neat too."""
    candidates = [n / 100 for n in range(round(low * 100), round(high * 100) + 1)]
    return [n for n in candidates if float(f"{n:.3g}") == n and is_neat(1 / n)]


CURVATURES = _invertible(2.5, 800)
