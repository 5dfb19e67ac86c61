// A page whose script did not come (the network changed, a tunnel) is loaded again, a few times and with pauses.
// Stands before the module's tag and is no module itself, so that it is there when the other one fails.
(() => {
  const KEY = "barohelp-again";
  const MOST = 5;
  addEventListener("error", ({ target }) => {
    if (!(target instanceof HTMLScriptElement) || target.type !== "module") return;
    const tries = Number(sessionStorage.getItem(KEY) ?? 0);
    if (tries >= MOST) return;
    sessionStorage.setItem(KEY, String(tries + 1));
    setTimeout(() => location.reload(), 300 * 2 ** tries);
  }, true);
  addEventListener("load", () => setTimeout(() => sessionStorage.removeItem(KEY), 10_000));
})();
