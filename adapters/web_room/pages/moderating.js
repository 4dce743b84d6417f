// What moderators choose on the cards of comments: one request with the card's mark, and the card says the rest.

import { article, place } from "./messages.js";
import { Refusal, ask } from "./requests.js";

export function offerChoices(log) {
  log.addEventListener("click", (event) => {
    const button = event.target.closest('[data-act="choose"]');
    if (button && !button.getAttribute("aria-disabled")) choose(button.closest(".message"), button.dataset.choice);
  });
}

async function choose(one, choice) {
  const { id, mark } = one.dataset;
  busy(one, true);
  let problem = "";
  try {
    const { fragment } = await ask("PUT", `/api/messages/${id}/choice`, { choice, mark });
    if (fragment) place(id, fragment);
  } catch (error) {
    const refused = error instanceof Refusal;
    problem = refused ? error.message : "The room cannot be reached right now; please try again.";
    busy(one, false);
    if (refused && error.answer.fragment) place(id, error.answer.fragment);
  }
  one.removeAttribute("aria-busy");
  if (problem) explain(article(id), problem);
}

// The buttons keep the focus while they do nothing.
function busy(one, on) {
  one.setAttribute("aria-busy", String(on));
  for (const button of one.querySelectorAll(".decide button, [data-act=choose]")) {
    if (on) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

// Stands on the card until that is drawn again.
function explain(one, words) {
  if (!one) return; // erased meanwhile
  const line = document.createElement("p");
  line.className = "refusal";
  line.setAttribute("role", "alert");
  line.textContent = words;
  const state = one.querySelector(".state");
  state.querySelector(".refusal")?.remove();
  state.append(line);
}
