// What build.mjs puts behind the names that begin with '#'. Not shipped.

declare module '#wasm' {
  const base64: string;
  export default base64;
}

declare module '#glue' {
  interface Settings {
    url: string;
    tail: string | undefined;
    app: string;
    host: string | undefined;
    slot: string | undefined;
    interval: number;
    stall: number;
    grace: number;
    timeout: number;
    init: boolean;
    done: boolean;
    vitals: boolean;
    hidden: number;
  }
  interface Hooks {
    changed(): void;
    settled(status: number): void;
  }
  export class Heartbeat {
    constructor(settings: Settings, hooks: Hooks);
    free(): void;
    tick(at: number): void;
    arm(): void;
    watch(canvas: EventTarget, lost: boolean): void;
    busy(ms: number): void;
    idle(on: boolean): void;
    init(): void;
    ping(): void;
    done(): void;
    abort(): void;
    erred(firstLine: string): void;
    address(command: string, ms: number): string;
    interval: number;
    readonly state: string;
    readonly frames: number;
    readonly fps: number;
    readonly worst: number;
    readonly age: number;
    readonly pings: number;
    readonly failures: number;
  }
  type Source = string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;
  export function initSync(module: { module: BufferSource | WebAssembly.Module }): unknown;
  export default function init(source: { module_or_path: Source }): Promise<unknown>;
}
