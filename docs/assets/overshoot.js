// The theme makes every copy button a landmark, and all of them have the same name.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "presentation");
}).observe(document.body, { childList: true, subtree: true });

// A formula is a stop for the keyboard only where it is wider than its place, and so scrolls.
const wide = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});
const measured = new WeakSet();
const measure = () => {
  for (const formula of document.querySelectorAll("div.arithmatex[tabindex]")) if (!measured.has(formula)) wide.observe(formula), measured.add(formula);
};
new MutationObserver(measure).observe(document.body, { childList: true, subtree: true });
measure();

// A figure that answers comes when its reader is near; until then its static figure stands.
// From disk no module loads: there a plain script brings them all, or they stay static.
if (location.protocol !== "file:") {
  const folder = new URL("interactive/", document.currentScript.src);
  const figures = ":is(parabola-figure, surrogate-figure, bowl-figure, countdown-figure, batch-figure, adam-figure, bits-figure, diagnose-box):not(:defined), [data-run]:not(.awake, .still)";
  let face;
  const dressed = () =>
    (face ??= new Promise((resolve) => {
      const link = document.createElement("link");
      Object.assign(link, { rel: "stylesheet", href: new URL("figure.css", folder), onload: resolve, onerror: resolve });
      document.body.append(link); // the theme empties the head when a link is followed
    }));
  const near = new IntersectionObserver(
    (seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        if (target.dataset.run) {
          import(new URL("../python/run.js", folder)).then(({ show }) => show(target)).catch(() => target.classList.add("still"));
          continue;
        }
        const module = target.localName === "diagnose-box" ? "../diagnose/box.js" : `${target.localName.replace("-figure", "")}.js`;
        // What cannot come leaves its place to the words that stand there.
        dressed().then(() => import(new URL(module, folder))).catch(() => target.classList.add("still"));
      }
    },
    { rootMargin: "500px" },
  );
  const watch = () => document.querySelectorAll(figures).forEach((one) => near.observe(one));
  // The theme replaces the page when a link is followed.
  new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  watch();
}
