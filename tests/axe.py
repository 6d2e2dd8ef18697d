"""What axe finds wrong on a page: everything in the first colour scheme, and in another what it may change."""

from axe_playwright_python.base import AXE_SCRIPT

# Without what passes, which a page of some thousand elements takes longer to report than to check.
VIOLATIONS = {"resultTypes": ["violations"]}
AXE = VIOLATIONS | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE_OF_COLOURS = VIOLATIONS | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}
AXE_IN = {"light": AXE, "dark": AXE_OF_COLOURS}

READY = "() => 'axe' in window"
RUN = """async ([context, options]) => {
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    return (await axe.run(context ?? document, options)).violations;
}"""


def violations(page, scheme: str = "light", context: str | None = None) -> list[str]:
    """What is wrong on a page, or in the part of it that a selector names."""
    if not page.evaluate(READY):
        page.evaluate(AXE_SCRIPT)
    return described(page.evaluate(RUN, [context, AXE_IN[scheme]]))


def described(violations) -> list[str]:
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for violation in violations
        for node in violation["nodes"]
    ]
