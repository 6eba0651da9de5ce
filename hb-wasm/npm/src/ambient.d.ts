// What build.mjs puts behind the names that begin with '#'. Not shipped.

/** The function that holds this whole script, on a page; nothing, in a worker made of its text. */
declare const $bundle: unknown;

declare module '#wasm' {
  const text: string;
  export default text;
}

declare module '#glue' {
  export class Heartbeat {
    constructor(shell: object, flags: number, interval: number, stall: number, grace: number, timeout: number);
    free(): void;
    drawn(frames: number, last: number, longest: number, long: number): number;
    tell(what: number, value: number): number;
    compose(verb: number, ms: number): void;
    stat(which: number): number;
  }
  export const wasmModule: WebAssembly.Module;
  export function __wbg_get_imports(): WebAssembly.Imports;
  export function __wbg_finalize_init(instance: WebAssembly.Instance, module: WebAssembly.Module): unknown;
}

declare module '#link-wasm' {
  const text: string;
  export default text;
}

declare module '#link-glue' {
  export class Link {
    constructor(shell: object, chance: number);
    tick(): void;
    opened(): void;
    closed(reason: string): void;
    told(what: number, nr: number, number: number, text: string, prefix: string, message: unknown): void;
    publish(topic: string, data: object): void;
    answer(to: string, data: object): void;
    request(nr: number, topic: string, data: object, patience: number): void;
    subscribe(nr: number, topics: string, replay: boolean): void;
    unsubscribe(nr: number): void;
    leave(): void;
  }
  type Source = string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;
  export function initSync(module: { module: BufferSource | WebAssembly.Module }): unknown;
  export default function init(source: { module_or_path: Source }): Promise<unknown>;
}
