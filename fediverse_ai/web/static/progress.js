// Shows how a picture comes along, and opens the page anew when something is decided. Without it the page refreshes itself.
const place = document.querySelector("[data-progress]");
const words = place?.querySelector("[data-words]");
const bar = place?.querySelector("progress");
const outlook = place?.querySelector("[data-outlook]");
const bath = document.querySelector(".bath");
const PAUSE = 900;
const LONGEST_PAUSE = 15000;

function showPreview() {
  let image = bath.querySelector("img");
  if (image === null) {
    image = new Image();
    image.alt = "";
    bath.append(image);
  }
  image.src = place.dataset.progress.replace(/progress$/, "preview") + "?" + Date.now();
}

async function look(pause) {
  let next = PAUSE;
  try {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const seen = await answer.json();
    if (seen.state !== "waiting") {
      location.reload();
      return;
    }
    if (words.textContent !== seen.words) words.textContent = seen.words;
    const ahead = [seen.place, seen.step, seen.left].filter(Boolean).join(" · ");
    if (outlook.textContent !== ahead) outlook.textContent = ahead;
    if (seen.preview) showPreview();
    if (seen.fraction === null) bar.removeAttribute("value");
    else bar.value = seen.fraction;
  } catch {
    next = Math.min(pause * 2, LONGEST_PAUSE);
    words.textContent = "No answer from the server just now; trying again.";
  }
  setTimeout(look, next, next);
}

if (place) setTimeout(look, PAUSE, PAUSE);
