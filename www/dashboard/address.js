/**
 * Where the API has an app. Not here: what is asked of it.
 */

/** The address of an app, or of the `part` of it that begins with a slash; `query` are names and values behind it. */
export function addressOf({ host, app, slot }, part = '', query = {}) {
  const path = `/api/v1/apps/${encodeURIComponent(host)}/${encodeURIComponent(app)}${part}`;
  const asked = Object.entries({ ...(slot ? { slot } : {}), ...query }).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return asked.length > 0 ? `${path}?${asked.join('&')}` : path;
}
