/**
 * Where the API has an app, and where its page is. Not here: what is asked of it.
 */

/** The address of an app, or of the `part` of it that begins with a slash; `query` are names and values behind it. */
export function addressOf({ host, app, slot }, part = '', query = {}) {
  const path = `/api/v1/apps/${encodeURIComponent(host)}/${encodeURIComponent(app)}${part}`;
  const asked = Object.entries({ ...(slot ? { slot } : {}), ...query }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return asked.length > 0 ? `${path}?${asked.join('&')}` : path;
}

/** The page of an app. */
export function pageOf({ host, app, slot }) {
  return `/screen?${new URLSearchParams({ host, app, ...(slot ? { slot } : {}) })}`;
}

/** The picture that leads a phone to the page of an app. */
export function codeOf({ host, app, slot }) {
  return `/qr?${new URLSearchParams({ host, app, ...(slot ? { slot } : {}) })}`;
}

/** Which app a page is of; null where its address names none. */
export function appOf(search) {
  const params = new URLSearchParams(search);
  const [host, app] = [params.get('host'), params.get('app')];
  return host && app ? { host, app, slot: params.get('slot') ?? '' } : null;
}
