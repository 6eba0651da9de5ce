// Why a request did not come through. Browsers tell pages only "failed"; what they will not say is inferred.

import type { Link } from './options.js';
import { isLocal } from './place.js';

/** Follows the fate of requests to one server. */
export class LinkWatch {
  link: Link = 'unknown';
  #violated = false;
  #hinted = false;
  #stop: () => void;

  constructor(readonly url: string, readonly changed: (link: Link) => void, readonly log: (message: string) => void) {
    const violation = (event: SecurityPolicyViolationEvent): void => {
      if (event.blockedURI && url.startsWith(event.blockedURI.replace(/\/$/, ''))) this.#violated = true;
    };
    const target = typeof document === 'undefined' ? undefined : document;
    target?.addEventListener('securitypolicyviolation', violation);
    this.#stop = () => target?.removeEventListener('securitypolicyviolation', violation);
  }

  /** A request ended with this HTTP status, 0 for a failure, -1 for a time-out. */
  settled(status: number): void {
    if (status > 0) {
      this.#violated = false;
      this.#set(status < 400 ? 'ok' : 'http-error');
    } else if (this.#violated) {
      this.#set('blocked-csp');
    } else if (isLocal(this.url)) {
      // Chromium asks for this permission by a prompt that nobody at a kiosk can answer.
      void permission().then((state) => {
        this.#set(state === 'denied' || (state === 'prompt' && status < 0) ? 'blocked-lna' : plain(status));
      });
    } else {
      this.#set(plain(status));
    }
  }

  stop(): void {
    this.#stop();
  }

  #set(link: Link): void {
    if (link === this.link) return;
    this.link = link;
    this.log('link: ' + link);
    if (link.startsWith('blocked') && !this.#hinted) {
      this.#hinted = true;
      console.warn(
        link === 'blocked-lna'
          ? `hb: the browser does not let this page reach ${this.url}. Allow it by the policy LoopbackNetworkAllowedForUrls or LocalNetworkAccessAllowedForUrls (Chromium, Edge) or LocalNetworkAccess (Firefox).`
          : `hb: the page's Content-Security-Policy forbids ${this.url}. Add it to connect-src.`,
      );
    }
    this.changed(link);
  }
}

function plain(status: number): Link {
  return status < 0 ? 'timeout' : 'offline';
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
