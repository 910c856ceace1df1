// The keys of the moderators' queue. Every one presses something that is on the page; without this script, the page does.
const field = document.getElementById("reason");
const seen = document.querySelector(".seen");
let pending = null;

function typing(target) {
  return target.closest("input:not([type=checkbox]), textarea, select, dialog") !== null;
}

function press(key) {
  const found = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return false;
  if (["a", "r", "e"].includes(key) && field) {
    pending = found;
    field.focus();
    return true;
  }
  found.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") {
      pending = null;
      event.target.blur();
    } else if (event.key === "Enter" && event.target === field && pending) {
      event.preventDefault();
      if (field.reportValidity()) field.form.requestSubmit(pending);
    }
    return;
  }
  if (event.key === "v" && seen) {
    seen.classList.add("held");
    event.preventDefault();
  } else if (press(event.key)) {
    event.preventDefault();
  }
});

document.addEventListener("keyup", (event) => {
  if (event.key === "v" && seen) seen.classList.remove("held");
});
