// Adds a copy button to every element that offers its text with data-copy.
for (const source of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "linklike tiny";
  button.textContent = source.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = source.dataset.copied;
    setTimeout(() => { button.textContent = source.dataset.copy; }, 2000);
  });
  if (navigator.clipboard) source.after(document.createTextNode(" "), button);
}
