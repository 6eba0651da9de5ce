// Why a request did not come through. Browsers tell pages only "failed"; what they will not say is inferred.

import { SIMPLE } from './courier.js';
import type { Link } from './options.js';
import type { Violation } from './post.js';

/** A server on this machine or this network: only there may browsers want a permission. */
const LOCAL = /^https?:\/\/(localhost|127\.|\[|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|[^./]+(:|\/|$)|[^/:]+\.local\b)/i;

/** Pages that need no permission: the browser asks only where a page comes from further away than the server. */
const LOOPBACK = /^(file:|https?:\/\/(localhost|127\.|\[::1\]))/i;

/** What to do about each, behind the server's address. */
const HINTS: { [link in Link]?: string } = {
  'blocked-lna':
    'is kept from this page by the browser. Allow it by policy, which helps only pages by https: LoopbackNetworkAllowedForUrls, LocalNetworkAccessAllowedForUrls (Chromium), LocalNetworkAccess (Firefox).',
  'blocked-csp': "must be added to connect-src of the page's Content-Security-Policy.",
  'blocked-mixed': 'must be https: for a page by https:, or be on its machine.',
  'wrong-address': 'is no heartbeat server, or a proxy whose server is down: correct url or HB_URL.',
  'http-error': 'refuses: correct url, HB_URL or the key.',
  offline: 'cannot be reached: start the server there, or correct url or HB_URL.',
  timeout: 'does not answer: restart the server, or open the way to it.',
};

/** Follows the fate of requests to one server. */
export class LinkWatch {
  link: Link = 'unknown';
  #violated = false;
  #hints = { ...HINTS };
  /** Whether a request ever came through: then nothing forbids them. */
  #reached = false;
  /** Whether something is there that no page may read: the last time that was asked, or the one under way. */
  #foreign: Promise<Link> | undefined;
  /** Counts requests, since the reason of one may be found after the end of the next. */
  #turn = 0;
  #stop: () => void;

  constructor(readonly url: string, readonly changed: (link: Link) => void) {
    const violation = (event: SecurityPolicyViolationEvent): void => this.violated(event);
    const target = globalThis.document;
    target?.addEventListener('securitypolicyviolation', violation);
    this.#stop = () => target?.removeEventListener('securitypolicyviolation', violation);
  }

  /** A policy was violated, here or in the worker. */
  violated({ disposition, effectiveDirective, blockedURI }: Violation): void {
    // A policy that only reports forbids nothing, nor does one against pictures.
    if (disposition === 'report' || effectiveDirective !== 'connect-src' || !isUnder(blockedURI, this.url)) return;
    this.#violated = true;
    // The failure may have come before its reason.
    if (this.link === 'offline') this.#set('blocked-csp');
  }

  /** A request ended with this HTTP status, 0 for a failure, -1 for a time-out. */
  settled(status: number): void {
    const turn = ++this.#turn;
    if (status > 0) {
      this.#violated = false;
      this.#reached = true;
      this.#set(status < 400 ? 'ok' : 'http-error');
    } else if (this.#reached || this.#violated) {
      this.#set(this.#violated ? 'blocked-csp' : status < 0 ? 'timeout' : 'offline');
    } else {
      void this.#why(status, turn).then((link) => turn === this.#turn && this.#set(this.#violated ? 'blocked-csp' : link));
    }
  }

  stop(): void {
    this.#stop();
  }

  async #why(status: number, turn: number): Promise<Link> {
    const { url } = this;
    const page = globalThis.location?.href;
    const mixed = /^https:/.test(page) && /^http:/i.test(url) && !LOOPBACK.test(url);
    if (page && LOCAL.test(url) && !LOOPBACK.test(page) && (isSecureContext || !LOCAL.test(page))) {
      // Chromium and Firefox ask for this permission by a prompt that nobody at a kiosk can answer. An insecure page is
      // always told "denied", on the intranet too, where nothing is.
      const state = await permission(LOOPBACK.test(url) ? 'loopback-network' : 'local-network');
      if (state === 'denied' || (state === 'prompt' && status < 0)) return 'blocked-lna';
      if (state !== 'granted' && mixed) return 'blocked-mixed';
    } else if (mixed) {
      return 'blocked-mixed';
    }
    if (status < 0) return 'timeout';
    this.#foreign ??= fetch(plain(url), { ...SIMPLE, mode: 'no-cors', signal: AbortSignal.timeout(5000) }).then(
      () => 'wrong-address',
      () => (URL.canParse(plain(url)) ? 'offline' : 'wrong-address'),
    );
    const link = await this.#foreign;
    // Asked anew now and then, as by the eighth failure, never while it is being asked: what is there may go, and a server come back behind its proxy.
    if (!(turn % 8)) this.#foreign = undefined;
    return link;
  }

  #set(link: Link): void {
    const again = link === this.link;
    // What the network does is said when it does so twice, the rest at once.
    if (again || /-[^e]/.test(link)) {
      const hint = this.#hints[link];
      delete this.#hints[link];
      if (hint) console.warn(`hb: ${this.url} ${hint}`);
    }
    if (again) return;
    this.link = link;
    this.changed(link);
  }
}

/** A template's address without what is filled in. */
function plain(url: string): string {
  return url.split(/\?|%n/)[0]!;
}

/** Whether a browser's name of what it blocked, a whole address or an origin only, is one of ours. */
function isUnder(blocked: string, url: string): boolean {
  try {
    const ours = new URL(plain(url)).href;
    return blocked.startsWith(ours) || ours === blocked + '/';
  } catch {
    return false;
  }
}

async function permission(own: string): Promise<PermissionState | undefined> {
  for (const name of [own, 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}
