// A deck: reveal.js on the screen, one slide below the other on paper (?print-pdf, and &notes for a handout)
// and on a phone held upright, where a whole slide would be too small to read.

{
  const search = new URLSearchParams(location.search);
  const deck = document.querySelector(".deck");
  const paper = search.has("print-pdf") || matchMedia("(max-width: 600px)").matches;
  document.documentElement.classList.toggle("paper", paper);
  document.documentElement.classList.toggle("handout", search.has("notes"));

  // What is too high for its slide is set smaller; a figure that answers arrives late.
  const fit = (slide) => ["dense", "denser", "densest"].forEach((size) => slide.scrollHeight > 720 && slide.classList.add(size));
  const watcher = new ResizeObserver((seen) => seen.forEach(({ target }) => fit(target)));
  deck.querySelectorAll("section").forEach((slide) => watcher.observe(slide));

  if (paper) {
    for (const image of document.images) image.loading = "eager"; // all are wanted, none is in sight
  } else {
    deck.classList.add("reveal");
    const speaker = search.has("speaker");
    const reveal = new Reveal(deck, {
      width: 1280,
      height: 720,
      margin: 0.04,
      center: false,
      controlsTutorial: false,
      hash: true,
      scrollActivationWidth: null,
      showNotes: speaker,
      slideNumber: "c/t",
      transition: "none",
      // In a figure that answers the keys belong to its knobs.
      keyboardCondition: (event) => !event.target.closest(".live"),
    });

    // The speaker's window shows the notes, and follows this one as this one follows it.
    let other = speaker ? window.opener : null;
    const tell = () => other?.postMessage({ deck: location.pathname, at: reveal.getIndices() }, "*");
    window.addEventListener("message", ({ source, data }) => {
      if (source !== other || data.deck !== location.pathname) return;
      if (data.hello) return tell();
      const { h, v, f } = reveal.getIndices();
      if (data.at.h !== h || data.at.v !== v || data.at.f !== f) reveal.slide(data.at.h, data.at.v, data.at.f);
    });
    reveal.addKeyBinding({ keyCode: 83, key: "S", description: "Speaker’s window" }, () => {
      const url = new URL(location.href);
      url.searchParams.set("speaker", "");
      if (!speaker) other = window.open(url, "speaker", "width=1100,height=620");
    });
    reveal.on("slidechanged", tell);
    reveal.initialize().then(() => other?.postMessage({ deck: location.pathname, hello: true }, "*"));
  }
}
