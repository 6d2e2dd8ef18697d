// A script that is no module cannot ask where it lies; the box does, for its style sheet.
globalThis.boxAddress = new URL("diagnose/box.js", document.currentScript.src).href;

// A page that is read from disk may start no worker. A hidden frame does the work of the search instead.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      this.scope = new Promise((resolve) => {
        frame.onload = () => {
          const { contentWindow: scope, contentDocument: page } = frame;
          scope.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
          const script = page.createElement("script");
          script.onload = () => resolve(scope);
          script.src = url;
          page.head.append(script);
        };
      });
      document.body.append(frame);
    }
    postMessage(data) {
      this.scope.then((scope) => scope.dispatchEvent(new scope.MessageEvent("message", { data })));
    }
  };
