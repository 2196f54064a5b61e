// Light and dark: as the system says, until the switch says otherwise.

const name = "retnet.theme";
const button = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");

const isDark = () => (localStorage.getItem(name) ?? (system.matches ? "dark" : "light")) === "dark";

function apply() {
  if (localStorage.getItem(name)) document.documentElement.dataset.theme = localStorage.getItem(name);
  button.setAttribute("aria-pressed", String(isDark()));
}

button.addEventListener("click", () => {
  localStorage.setItem(name, isDark() ? "light" : "dark");
  apply();
});
system.addEventListener("change", apply);
apply();
