// The message that somebody wanted to read before signing in.

const NAME = "backchat wanted";
const FRESH = 3600000; // milliseconds, as long as the server remembers the page

export function keepWanted() {
  if (location.hash) localStorage.setItem(NAME, JSON.stringify({ page: location.pathname, hash: location.hash, at: Date.now() }));
}

// Puts the message into the address again once its page is open.
export function findWanted() {
  const kept = JSON.parse(localStorage.getItem(NAME) ?? "null");
  localStorage.removeItem(NAME);
  if (!kept || kept.page !== location.pathname || location.hash || Date.now() - kept.at > FRESH) return;
  history.replaceState(null, "", `${location.pathname}${location.search}${kept.hash}`);
}
