// Keeps the customer page true without a reload: waiting numbers, steps, and the page that comes next.
// Everything here is also there without it: the forms and links are plain HTML.

const POLL_MS = 5000;
const RETRY_MS = 15000;

/** Follow an event stream; while it cannot be had, ask every five seconds instead. Returns a stopper. */
function follow({ live, poll, event, onData }) {
  let source = null;
  let timer = 0;
  let etag = "";
  let stopped = false;

  const ask = async () => {
    try {
      const headers = { Accept: "application/json", ...(etag ? { "If-None-Match": etag } : {}) };
      const answer = await fetch(poll, { headers, cache: "no-store" });
      if (answer.ok) {
        etag = answer.headers.get("ETag") || "";
        onData(await answer.json());
      }
    } catch {
      // The network is away; the next try is soon.
    }
  };
  const askOften = () => {
    if (timer || stopped) return;
    ask();
    timer = setInterval(ask, POLL_MS);
  };
  const open = () => {
    if (stopped) return;
    source = new EventSource(live);
    source.addEventListener("open", () => { clearInterval(timer); timer = 0; });
    source.addEventListener(event, (message) => onData(JSON.parse(message.data)));
    source.addEventListener("error", () => {
      askOften();
      if (source.readyState === EventSource.CLOSED) setTimeout(open, RETRY_MS);
    });
  };
  open();
  const stop = () => { stopped = true; clearInterval(timer); source?.close(); };
  addEventListener("pagehide", stop, { once: true });
  addEventListener("pageshow", (shown) => { if (shown.persisted) location.reload(); });
  return stop;
}

/** Take the page's new content from the server and put it in place of the old. */
async function refresh() {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = next.getElementById("main");
  if (!main) { location.reload(); return; }
  document.getElementById("main").replaceWith(document.adoptNode(main));
  document.title = next.title;
  begin();
  const heading = document.querySelector("#main h1");
  if (heading) { heading.tabIndex = -1; heading.focus({ preventScroll: true }); scrollTo({ top: 0 }); }
}

function watchNumbers(door) {
  const row = document.getElementById("slot-numbers");
  const template = document.getElementById("slot-number-template");
  if (!row || !template) return;
  const show = (data) => {
    const numbers = Array.isArray(data) ? data : data.numbers;
    const shown = new Map([...row.querySelectorAll(".slot-number")].map((one) => [Number(one.dataset.number), one]));
    for (const [number, button] of shown) if (!numbers.includes(number)) button.closest("form").remove();
    numbers.forEach((number, place) => {
      if (shown.has(number)) return;
      const form = template.content.firstElementChild.cloneNode(true);
      const button = form.querySelector("button");
      form.action = form.action.replace(/0$/, String(number));
      button.dataset.number = String(number);
      button.textContent = String(number);
      button.setAttribute("aria-label", button.getAttribute("aria-label").replace("0", String(number)));
      row.insertBefore(form, row.children[place] ?? null);
    });
    document.getElementById("nobody-waits").hidden = numbers.length > 0;
  };
  return follow({ live: door.dataset.live, poll: door.dataset.poll, event: "numbers", onData: show });
}

function watchArrival(arrival) {
  let stop = () => {};
  const show = ({ page, done }) => {
    if (page !== arrival.dataset.page) {
      stop();
      refresh();
      return;
    }
    const word = document.getElementById("step-done-word").content.textContent;
    for (const step of document.querySelectorAll("#arrival-steps [data-step]")) {
      const isDone = done.includes(step.dataset.step);
      if (isDone === step.classList.contains("is-done")) continue;
      step.classList.toggle("is-done", isDone);
      step.querySelector(".pt-step-done").textContent = isDone ? word : "";
    }
  };
  stop = follow({ live: arrival.dataset.live, poll: arrival.dataset.poll, event: "arrival", onData: show });
}

/** Write the code in groups of three while it is typed; the caret stays behind the same digit. */
function groupDigits(input) {
  input.addEventListener("input", () => {
    const before = input.value.slice(0, input.selectionStart).replace(/\D/g, "").length;
    const digits = input.value.normalize("NFKC").replace(/\D/g, "").slice(0, 9);
    const grouped = digits.replace(/(\d{3})(?=\d)/g, "$1 ");
    if (grouped === input.value) return;
    input.value = grouped;
    let caret = 0;
    for (let seen = 0; caret < grouped.length && seen < before; caret += 1) if (/\d/.test(grouped[caret])) seen += 1;
    input.setSelectionRange(caret, caret);
  });
}

function begin() {
  const door = document.getElementById("door");
  const arrival = document.getElementById("arrival");
  const code = document.getElementById("code-input");
  if (door) watchNumbers(door);
  if (arrival) watchArrival(arrival);
  if (code) groupDigits(code);
  if (code?.hasAttribute("aria-invalid")) code.select();  // the next digits replace the wrong ones
}

begin();
