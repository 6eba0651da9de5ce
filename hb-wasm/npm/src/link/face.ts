// What both forms of the package's link give to a page. Not here: where the module comes from.

export { Link, RequestError } from './link.js';
export type { LinkEvents, LinkOptions, LinkState, SubscribeOptions } from './link.js';
export type { Content, Message } from './message.js';
export type { Subscription } from './subscription.js';
export { commands } from './commands.js';
export type { Commands, Handler, Vital } from './commands.js';
