// On paper the answers stand on pages of their own, so that a chapter is a handout to work through.
// Without scripts each answer is printed where it belongs.
addEventListener("beforeprint", () => {
  for (const article of document.querySelectorAll("article.md-content__inner")) {
    const asked = article.querySelectorAll(":is(.predict, details.question, details.answer):not(.answers *)");
    if (!asked.length || article.querySelector(".answers")) continue;
    const answers = document.createElement("section");
    answers.className = "answers";
    answers.append(Object.assign(document.createElement("h2"), { textContent: "Answers" }));
    for (const one of asked) answers.append(one.cloneNode(true));
    article.append(answers);
  }
});
addEventListener("afterprint", () => document.querySelectorAll(".answers").forEach((one) => one.remove()));
