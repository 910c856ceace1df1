// Shows how a picture comes along, and opens the page anew when something is decided. It listens to the server's events
// and asks for the words; where nothing can be listened to it asks now and then. Without it the page refreshes itself.
const place = document.querySelector("[data-progress]");
const words = place?.querySelector("[data-words]");
const bar = place?.querySelector("progress");
const outlook = place?.querySelector("[data-outlook]");
const bath = document.querySelector(".bath");
const PAUSE = 900;
const LONGEST_PAUSE = 15000;
let pause = PAUSE;
let asking = false;
let again = false;

function showPreview() {
  let image = bath.querySelector("img");
  if (image === null) {
    image = new Image();
    image.alt = "";
    bath.append(image);
  }
  image.src = place.dataset.progress.replace(/progress$/, "preview") + "?" + Date.now();
}

async function look() {
  again = asking;
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const seen = await answer.json();
    if (seen.state !== "waiting") {
      location.reload();
      return;
    }
    const said = seen.gate ?? seen.words;
    if (words.textContent !== said) words.textContent = said;
    const ahead = [seen.place, seen.step, seen.left].filter(Boolean).join(" · ");
    if (outlook.textContent !== ahead) outlook.textContent = ahead;
    if (seen.preview) showPreview();
    if (seen.fraction === null) bar.removeAttribute("value");
    else bar.value = seen.fraction;
    pause = PAUSE;
  } catch {
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
  asking = false;
  if (again) look();
}

function ask() {
  look().finally(() => setTimeout(ask, pause));
}

if (place) {
  const events = new EventSource(place.dataset.events);
  events.addEventListener("progress", look);
  events.addEventListener("end", () => location.reload());
  // Closed for good: too many listeners, or something between us that cannot keep a stream open.
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) ask();
  });
}
