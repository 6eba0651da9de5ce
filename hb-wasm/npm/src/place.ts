// Where the server is and who we are, from options and the page's address. Not here: how requests are spelled.

const DEFAULT_URL = '//localhost:8888';

/** The value of a parameter of the page's address, or `undefined`. */
export function passed(name: string): string | undefined {
  if (typeof location === 'undefined') return undefined;
  return new URLSearchParams(location.search).get(name) || undefined;
}

export function passedUrl(fallback?: string): string {
  return passed('HB_URL') || fallback || DEFAULT_URL;
}

export function passedAppId(fallback?: string): string {
  return passed('HB_APP_ID') || fallback || (typeof location === 'undefined' ? 'unknown' : location.href.split(/[?#]/)[0]!);
}

/**
 * An absolute address without a slash at its end. Browsers give a scheme-less address the page's scheme, which is
 * useless on file: and wrong for a loopback server behind an https: page.
 */
export function resolve(url: string): string {
  let address = url.trim();
  if (/^(\[|[\w.-]+:\d)/.test(address)) address = '//' + address;
  if (address.startsWith('//')) {
    const loopback = /^\/\/(localhost|127\.[\d.]+|\[::1\])(?=[:/?]|$)/i.test(address);
    const scheme = typeof location === 'undefined' ? '' : location.protocol;
    address = (!loopback && /^https?:$/.test(scheme) ? scheme : 'http:') + address;
  } else if (!/^[a-z][a-z\d+.-]*:/i.test(address) && typeof document !== 'undefined') {
    address = new URL(address, document.baseURI).href;
  }
  return address.replace(/\/+$/, '');
}

/** Whether the browser may want a permission for this server: it is on this machine or this network. */
export function isLocal(url: string): boolean {
  return /^https?:\/\/(localhost|127\.|\[::1\]|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|[\w-]+\.local\b|[\w-]+(:|\/|$))/i.test(url);
}
