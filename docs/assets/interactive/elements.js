// Elements of HTML, and a button that does something.

export const make = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
export const press = (textContent, action, properties = {}) => {
  const button = make("button", { type: "button", textContent, ...properties });
  button.addEventListener("click", action);
  return button;
};
