/**
 * Where the API has an app. Not here: what is asked of it.
 */

/** The address of an app, or of the `part` of it that begins with a slash. */
export function addressOf({ host, app, slot }, part = '') {
  const path = `/api/v1/apps/${encodeURIComponent(host)}/${encodeURIComponent(app)}${part}`;
  return slot ? `${path}?slot=${encodeURIComponent(slot)}` : path;
}
