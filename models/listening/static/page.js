// Counts how often the film was heard to its end; without that the answers are not sent.
const film = document.querySelector("video");
const form = document.querySelector("form");
const plays = document.getElementById("plays");
const hint = document.getElementById("hint");
let furthest = 0;

function tell(text, urgent) {
  hint.textContent = text;
  hint.classList.toggle("asked", urgent);
}

film.addEventListener("timeupdate", () => {
  // skipping ahead is not hearing
  if (!film.seeking && film.currentTime <= furthest + 1.5) furthest = Math.max(furthest, film.currentTime);
});
film.addEventListener("ended", () => {
  const heard = furthest >= film.duration - 1.5;
  if (heard) plays.value = String(Number(plays.value) + 1);
  if (plays.value !== "0") tell("Heard to its end.", false);
  else tell("Something was skipped: please hear all of it.", true);
  furthest = 0;
});
film.addEventListener("error", () => {
  document.getElementById("trouble").hidden = false;
});
form.addEventListener("submit", (event) => {
  if (plays.value !== "0") return;
  event.preventDefault();
  tell("Please hear the film to its end first.", true);
  film.scrollIntoView({ block: "center" });
  film.focus();
});
