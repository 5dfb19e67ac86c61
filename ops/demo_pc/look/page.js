// Shows the demo customer's PC with noVNC and comes back by itself when the desktop starts again.
import RFB from "./novnc/core/rfb.js";

const WORDS = {
  ko: { up: "● 연결됨", wait: "○ 연결하고 있습니다", other: "English" },
  en: { up: "● connected", wait: "○ connecting", other: "한국어" },
};
const state = document.getElementById("state");
const button = document.getElementById("language");
const asked = new URLSearchParams(location.search).get("lang") || navigator.language;
let language = asked.startsWith("en") ? "en" : "ko";
let connected = false;

function speak() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-ko]")) element.textContent = element.dataset[language];
  state.textContent = connected ? WORDS[language].up : WORDS[language].wait;
  state.className = connected ? "up" : "";
  button.textContent = WORDS[language].other;
  button.lang = language === "ko" ? "en" : "ko";
}

function connect() {
  const address = new URL("vnc", location.href);
  address.protocol = "ws:";
  address.search = "";
  const rfb = new RFB(document.getElementById("screen"), address.href, { shared: true });
  rfb.scaleViewport = true;
  rfb.background = "transparent";
  rfb.addEventListener("connect", () => { connected = true; speak(); rfb.focus(); });
  rfb.addEventListener("disconnect", () => { connected = false; speak(); setTimeout(connect, 1000); });
}

button.addEventListener("click", () => { language = language === "ko" ? "en" : "ko"; speak(); });
speak();
connect();
