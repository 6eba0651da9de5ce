// The original is a function: `Heartbeat(options)` without `new` works. A class refuses that, so this stands in front.

import { Heartbeat as Class } from './heartbeat.js';
import type { HeartbeatOptions } from './options.js';

/** Proof of life for one page; also callable without `new`. */
export type Heartbeat = Class;

function construct(this: unknown, options?: HeartbeatOptions): Class {
  return Reflect.construct(Class, [options], new.target ?? construct) as Class;
}

/** Proof of life for one page; also callable without `new`. */
export const Heartbeat = Object.setPrototypeOf(
  Object.defineProperty(construct, 'name', { value: 'Heartbeat' }),
  Class,
) as typeof Class & ((options?: HeartbeatOptions) => Class);
construct.prototype = Class.prototype;
Class.prototype.constructor = construct;
