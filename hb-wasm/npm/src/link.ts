// Why a request did not come through. Browsers tell pages only "failed"; what they will not say is inferred.

import type { Link } from './options.js';

/** A server on this machine or this network: only there may browsers want a permission. */
const LOCAL = /^https?:\/\/(localhost|127\.|\[|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|[^./]+(:|\/|$)|[^/:]+\.local\b)/i;

/** Pages that need no permission: the browser asks only where a page comes from further away than the server. */
const LOOPBACK = /^(file:|https?:\/\/(localhost|127\.|\[::1\]))/i;

/** Follows the fate of requests to one server. */
export class LinkWatch {
  link: Link = 'unknown';
  #violated = false;
  #hinted = false;
  /** Whether a request ever came through: then nothing forbids them. */
  #reached = false;
  #stop: () => void;

  constructor(readonly url: string, readonly changed: (link: Link) => void) {
    const violation = (event: SecurityPolicyViolationEvent): void => {
      // A policy that only reports forbids nothing, nor does one against pictures.
      if (event.disposition === 'report' || event.effectiveDirective !== 'connect-src' || !isUnder(event.blockedURI, url)) return;
      this.#violated = true;
      // The failure may have come before its reason.
      if (this.link === 'offline') this.#set('blocked-csp');
    };
    const target = globalThis.document;
    target?.addEventListener('securitypolicyviolation', violation);
    this.#stop = () => target?.removeEventListener('securitypolicyviolation', violation);
  }

  /** A request ended with this HTTP status, 0 for a failure, -1 for a time-out. */
  settled(status: number): void {
    if (status > 0) {
      this.#violated = false;
      this.#reached = true;
      this.#set(status < 400 ? 'ok' : 'http-error');
    } else if (this.#violated) {
      this.#set('blocked-csp');
    } else if (this.#reached || !LOCAL.test(this.url) || needsNone()) {
      this.#set(status < 0 ? 'timeout' : 'offline');
    } else {
      // Chromium and Firefox ask for this permission by a prompt that nobody at a kiosk can answer.
      void permission().then((state) => {
        const asked = state === 'denied' || (state === 'prompt' && status < 0);
        this.#set(asked ? 'blocked-lna' : status < 0 ? 'timeout' : 'offline');
      });
    }
  }

  stop(): void {
    this.#stop();
  }

  #set(link: Link): void {
    if (link === this.link) return;
    this.link = link;
    if (link.startsWith('blocked') && !this.#hinted) {
      this.#hinted = true;
      console.warn(
        link === 'blocked-lna'
          ? `hb: the browser keeps this page from ${this.url}. ${isSecureContext ? '' : 'Serve the page by https:, else no policy helps. '}Allow it by policy: LoopbackNetworkAllowedForUrls or LocalNetworkAccessAllowedForUrls (Chromium, Edge), LocalNetworkAccess (Firefox).`
          : `hb: the page's Content-Security-Policy forbids ${this.url}: add it to connect-src.`,
      );
    }
    this.changed(link);
  }
}

/** Whether this page needs no permission. An insecure one is always told "denied", on the intranet too, where nothing is. */
function needsNone(): boolean {
  if (!globalThis.location) return true;
  return LOOPBACK.test(location.href) || (!isSecureContext && LOCAL.test(location.href));
}

/** Whether a browser's name of what it blocked, a whole address or an origin only, is one of ours. */
function isUnder(blocked: string, url: string): boolean {
  try {
    const ours = new URL(url.split(/\?|%n/)[0]!).href;
    return blocked.startsWith(ours) || ours === blocked + '/';
  } catch {
    return false;
  }
}

async function permission(): Promise<PermissionState | undefined> {
  for (const name of ['loopback-network', 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}
