// On small screens the panel lies over the page until it is closed.

const panel = document.getElementById("settings");
const toggle = document.getElementById("settings-toggle");
const behind = [document.querySelector("main"), document.querySelector("header")];

function show(isOpen) {
  panel.classList.toggle("open", isOpen);
  toggle.setAttribute("aria-expanded", String(isOpen));
  for (const part of behind) part.inert = isOpen;
  (isOpen ? document.getElementById("settings-close") : toggle).focus();
}

toggle.addEventListener("click", () => show(true));
document.getElementById("settings-close").addEventListener("click", () => show(false));
panel.addEventListener("keydown", event => {
  if (event.key === "Escape" && panel.classList.contains("open")) show(false);
});
matchMedia("(min-width: 60rem)").addEventListener("change", event => {
  if (event.matches && panel.classList.contains("open")) show(false);
});
