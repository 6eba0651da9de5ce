// Where the server is and who we are, from options and the page's address. Not here: what is said (the module's).

const DEFAULT_URL = '//localhost:8888';

/** The value of a parameter of the page's address, or `undefined`. */
export function passed(name: string): string | undefined {
  return new URLSearchParams(globalThis.location?.search).get(name) || undefined;
}

/** `HB_URL` of the page's address, else `fallback`, else the default. */
export function passedUrl(fallback?: string): string {
  return passed('HB_URL') || fallback || DEFAULT_URL;
}

/** `HB_APP_ID` of the page's address, else `fallback`, else that address itself. */
export function passedAppId(fallback?: string): string {
  return passed('HB_APP_ID') || fallback || globalThis.location?.href.split(/[?#]/)[0] || 'unknown';
}

/** The server's address and the names that every request carries. */
export class Place {
  readonly base: string;
  names = '';

  /** `names` by their parameters; what is empty is left out. */
  constructor(url: string, names: Record<string, string | undefined>) {
    this.base = resolve(url);
    for (const name in names) if (names[name]) this.names += '&' + name + '=' + encodeURIComponent(names[name]);
  }

  /** The address of one request; `undefined` where a template has no word for it: it knows beats only. */
  address(verb: string, promise: number, vitals: string): string | undefined {
    if (!this.base.includes('%n')) return `${this.base}/${verb}?${promise}${this.names}${vitals}`;
    const beat = verb === 'hb_init' || verb === 'hb_ping';
    return beat ? this.base.replace('%n', String(promise)) + (this.base.includes('?') ? vitals : '') : undefined;
  }
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
    const scheme = globalThis.location?.protocol;
    address = (!loopback && /^https?:$/.test(scheme) ? scheme : 'http:') + address;
  } else if (!/^[a-z][a-z\d+.-]*:/i.test(address) && globalThis.document) {
    address = new URL(address, document.baseURI).href.replace('%25n', '%n');
  }
  // Not those before the host: `http:` alone is an address relative to the page.
  return address.replace(/([^:/])\/+$/, '$1');
}
