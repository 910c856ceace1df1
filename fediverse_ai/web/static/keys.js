// Keys on galleries: arrows move, Enter opens, Esc goes back, . is the next page, ? lists them; l, b and x press what
// carries data-key. Without this module the same is done with Tab and the pointer.
const help = document.getElementById("keys");
const items = () => [...document.querySelectorAll(".sheet > li > a, [data-item]")];
const centre = (one) => {
  const box = one.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
};

// The nearest item whose centre lies in the direction (dx, dy); a step aside counts double.
function next(from, dx, dy) {
  const [x, y] = centre(from);
  let best = null;
  let least = Infinity;
  for (const one of items()) {
    const [ox, oy] = centre(one);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (one !== from && along > 4 && along + 2 * aside < least) [best, least] = [one, along + 2 * aside];
  }
  return best;
}

function move(dx, dy) {
  const all = items();
  const from = all.find((one) => one.contains(document.activeElement));
  // At the end of a row the way goes on with the next one.
  const turned = getComputedStyle(document.body).direction === "rtl" ? -dx : dx;
  const to = from ? next(from, dx, dy) ?? (dx && all[all.indexOf(from) + turned]) : all[0];
  to?.focus({ preventScroll: true });
  to?.scrollIntoView({ block: "nearest" });
  return Boolean(to);
}

function press(key) {
  const near = document.activeElement?.closest("li, article")?.querySelector(`[data-key="${key}"]`);
  const found = near ?? document.querySelector(`[data-key="${key}"]`);
  found?.click();
  return Boolean(found);
}

function back() {
  if (document.activeElement?.closest(".sheet")) document.activeElement.blur();
  else if (document.querySelector(".wall, .placard") && document.referrer.startsWith(`${location.origin}/`)) history.back();
  else return false;
  return true;
}

const keys = {
  ArrowRight: () => move(1, 0),
  ArrowLeft: () => move(-1, 0),
  ArrowDown: () => move(0, 1),
  ArrowUp: () => move(0, -1),
  Escape: back,
  ".": () => document.querySelector('a[rel="next"]')?.click() ?? true,
  "?": () => help?.showModal() ?? true,
  l: () => press("l"),
  b: () => press("b"),
  x: () => press("x"),
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]") || event.target.closest("input, textarea, select, summary, video")) return;
  // Arrows scroll where there is nothing to walk along.
  if (event.key.startsWith("Arrow") && !items().length) return;
  if (Object.hasOwn(keys, event.key) && keys[event.key]()) event.preventDefault();
});
