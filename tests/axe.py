"""What axe finds wrong on a page: everything in the first colour scheme, and in another what it may change.

Two texts of one colour, size and weight on one ground are judged alike, so the first stands for both, and so does
the first of the links that look alike: most of axe's time goes into finding the ground of each word of a page.
"""

from axe_playwright_python.base import AXE_SCRIPT

# Without what passes, which a page of some thousand elements takes longer to report than to check.
VIOLATIONS = {"resultTypes": ["violations"]}
AXE = VIOLATIONS | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
AXE_OF_COLOURS = VIOLATIONS | {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
}
AXE_IN = {"light": AXE, "dark": AXE_OF_COLOURS}

READY = "() => 'axe' in window"
# What is set apart, or lies on a ground of its own, is never the twin of what lies elsewhere. While axe looks, a
# twin in a block of code is no element: every rule asks each for its style.
RUN = """async ([context, options]) => {
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    const root = context ? document.querySelector(context) : document.body;
    let apart = 0;
    const grounds = new Map([[null, ""]]), seen = new Set();
    const ground = one => {
        if (!grounds.has(one)) {
            const {backgroundColor, backgroundImage, opacity, filter, mixBlendMode, position, float} = getComputedStyle(one);
            const own = backgroundImage !== "none" || position !== "static" || float !== "none" ? ++apart : "";
            const shade = [backgroundColor, opacity, filter, mixBlendMode, own].join();
            const below = ground(one.parentElement);
            grounds.set(one, shade === "rgba(0, 0, 0, 0),1,none,normal," ? below : `${below}/${shade}`);
        }
        return grounds.get(one);
    };
    const look = one => {
        const {color, fontSize, fontWeight, textShadow, webkitTextFillColor, webkitTextStroke} = getComputedStyle(one);
        return [color, fontSize, fontWeight, textShadow, webkitTextFillColor, webkitTextStroke, ground(one)].join("|");
    };
    const block = one => getComputedStyle(one).display.startsWith("inline") ? block(one.parentElement) : one;
    const lookAmongWords = link => {
        const {textDecoration, borderBottom, fontStyle} = getComputedStyle(link), around = block(link);
        const words = around.textContent.trim() !== link.textContent.trim();
        return [look(link), textDecoration, borderBottom, fontStyle, look(around), words].join("|");
    };
    const mark = (one, name, look) => one.toggleAttribute(name, seen.has(look) || !seen.add(look));
    for (const one of root.querySelectorAll("*")) {
        one.removeAttribute("data-twin");
        if (!one.checkVisibility({visibilityProperty: true})) continue;
        if ([...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) mark(one, "data-twin", look(one));
        if (one.matches("a[href]")) mark(one, "data-twin-link", lookAmongWords(one));
    }
    axe.configure({rules: [
        {id: "color-contrast", selector: ":not([data-twin])"},
        {id: "link-in-text-block", selector: "a[href]:not([data-twin-link])"},
    ]});
    const code = [...document.querySelectorAll("pre > code")], copies = code.map(one => one.cloneNode(true));
    for (const [number, copy] of copies.entries()) {
        for (const twin of copy.querySelectorAll("span[data-twin]:not([id], [role], [tabindex])")) twin.replaceWith(...twin.childNodes);
        code[number].replaceWith(copy);
    }
    const {violations} = await axe.run(context ?? document, options);
    for (const [number, copy] of copies.entries()) copy.replaceWith(code[number]);
    return violations;
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
