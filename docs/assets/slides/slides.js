// A deck: reveal.js on the screen, one slide below the other on paper (?print-pdf, and &notes for a handout)
// where a whole slide would be too small to read: on a phone held upright, and for who has enlarged the page.

{
  const search = new URLSearchParams(location.search);
  const deck = document.querySelector(".deck");
  const speaker = search.has("speaker");
  const enlarged = () => !speaker && outerWidth / innerWidth >= 1.5; // the zoom of a browser on a desktop
  const large = enlarged();
  addEventListener("resize", () => enlarged() === large || location.reload());
  const paper = search.has("print-pdf") || matchMedia("(max-width: 600px)").matches || large;
  document.documentElement.classList.toggle("paper", paper);
  document.documentElement.classList.toggle("handout", search.has("notes"));

  // What is too high for its slide is set smaller, down to what is read from the last row.
  const fit = (body) => {
    for (let size = parseFloat(getComputedStyle(body).fontSize); size > 20 && body.scrollHeight > body.clientHeight + 1; ) body.style.fontSize = `${--size}px`;
  };
  const watcher = new ResizeObserver((seen) => seen.forEach(({ target }) => fit(target)));
  if (!matchMedia("(max-width: 600px)").matches) deck.querySelectorAll(".body").forEach((body) => watcher.observe(body));

  if (paper) {
    for (const image of document.images) image.loading = "eager"; // all are wanted, none is in sight
  } else {
    deck.classList.add("reveal");
    const reveal = new Reveal(deck, {
      width: 1280,
      height: 720,
      margin: 0,
      center: false,
      display: "flex",
      controlsTutorial: false,
      hash: true,
      scrollActivationWidth: null,
      showNotes: speaker,
      slideNumber: "c/t",
      transition: "none",
      keyboardCondition: turns,
    });

    // The speaker's window shows the notes, and follows this one as this one follows it: slides and figures.
    let other = speaker ? window.opener : null;
    let met = !speaker; // until it has been told where the wall is, it moves nothing there
    let hears = false; // while it does what it was told, it tells nothing
    const post = (told) => met && other?.postMessage({ deck: location.pathname, ...told }, "*");
    const tell = () => hears || post({ at: reveal.getIndices() });
    window.addEventListener("message", ({ source, data }) => {
      if (data.deck !== location.pathname) return;
      if (data.hello && source?.opener === window && !(data.met && source === other)) {
        other = source; // which may be all that this window, loaded again, knows of the speaker's
        tell();
      }
      if (source !== other || data.hello) return;
      met = hears = true;
      if (data.state) {
        document.activeElement.blur(); // a field in which somebody types is not changed
        document.getElementById(data.figure)?.set?.(data.state);
      } else follow(reveal, data.at);
      hears = false;
    });
    deck.addEventListener("state", ({ target, detail }) => hears || post({ figure: target.id, state: detail }));
    reveal.addKeyBinding({ keyCode: 83, key: "S", description: "Speaker’s window" }, () => {
      const url = new URL(location.href);
      url.searchParams.set("speaker", "");
      url.hash = `/${reveal.getIndices().h}`;
      if (!speaker) other = window.open(url, "speaker", "width=1100,height=620");
    });
    for (const turned of ["slidechanged", "fragmentshown", "fragmenthidden"]) reveal.on(turned, tell);
    if (speaker) showTheTime(reveal);
    const hello = () => other?.postMessage({ deck: location.pathname, hello: true, met }, "*");
    reveal.initialize().then(() => {
      if (!speaker) return;
      hello();
      setInterval(hello, 1000); // a wall that is loaded again knows of no other window
    });
  }

  /** Whether a key may turn the slides: in a figure or code that answers, a remote's always may, others where no knob wants them. */
  function turns({ key, target }) {
    if (!target.closest(".live, [data-run]")) return true;
    if (["PageUp", "PageDown", "Escape"].includes(key)) target.blur(); // else no key is the deck's
    if (key === "PageUp" || key === "PageDown") return true;
    return key !== "Escape" && key !== " " && key !== "Enter" && !target.closest("input, select, textarea");
  }

  function follow(reveal, { h, v, f }) {
    const now = reveal.getIndices();
    if (now.h !== h || now.v !== v || now.f !== f) reveal.slide(h, v, f);
  }

  /** Below the speaker's slide: what comes next, the time of day, and how long it has been. */
  function showTheTime(reveal) {
    const bar = document.createElement("aside");
    bar.className = "speaker-bar";
    bar.innerHTML = '<p class="next"></p><p><time class="clock"></time> <time class="since"></time> <button type="button">Start at 0:00</button></p>';
    const [next, clock, since, again] = bar.querySelectorAll(".next, time, button");
    let began = Date.now();
    const two = (number) => String(number).padStart(2, "0");
    const tick = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      clock.textContent = new Date().toTimeString().slice(0, 5);
      since.textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
    };
    const look = () => {
      const slide = deck.querySelectorAll("section")[reveal.getIndices().h + 1];
      next.textContent = slide ? `Next: ${slide.querySelector("h1, h2").textContent.replace("¶", "").trim()} (${slide.dataset.kind})` : "This is the last slide.";
    };
    again.onclick = () => {
      began = Date.now();
      tick();
    };
    reveal.on("ready", look);
    reveal.on("slidechanged", look);
    setInterval(tick, 1000);
    tick();
    document.body.append(bar);
  }
}
