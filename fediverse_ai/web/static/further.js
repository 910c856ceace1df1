// The next page of a sheet is added when its end comes into sight, a few times; then "More pictures" waits to be pressed,
// as it does without this module. Going back leads to the same place.
const AT_MOST = 5;
const sheet = [...document.querySelectorAll("main .sheet")].at(-1);
const loaded = history.state?.loaded ?? [];

const link = () => document.querySelector('.turn a[rel="next"]');

async function add(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const more = [...page.querySelectorAll("main .sheet")].at(-1);
  if (!more) return false;
  sheet.append(...more.children);
  const older = page.querySelector('.turn a[rel="next"]');
  if (older) link().href = older.href;
  else link().remove();
  return true;
}

async function further() {
  const address = link().href;
  watcher.disconnect();
  if (!(await add(address))) return;
  loaded.push(address);
  history.replaceState({ ...history.state, loaded }, "");
  if (link() && loaded.length < AT_MOST) watcher.observe(link());
}

const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && further(), {
  rootMargin: "600px",
});

if (sheet && link()) {
  const place = history.state?.place;
  for (const address of [...loaded]) if (!link() || !(await add(address))) break;
  if (place !== undefined) scrollTo(0, place);
  if (link() && loaded.length < AT_MOST) watcher.observe(link());
  addEventListener("pagehide", () => history.replaceState({ ...history.state, loaded, place: scrollY }, ""));
}
