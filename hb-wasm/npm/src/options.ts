// What a page may ask for, and the words it gets back. Not here: what any of it does.

/** The client's own diagnosis of itself (spec/liveness.md 5), or `done` after a goodbye. */
export type State =
  | 'starting' | 'ok' | 'slow' | 'idle' | 'hidden' | 'frozen' | 'leaving' | 'done'
  | 'no-frames' | 'main-blocked' | 'context-lost' | 'gpu-stuck' | 'picture-stuck';

/** What became of the last request. */
export type Link = 'unknown' | 'ok' | 'offline' | 'timeout' | 'blocked-lna' | 'blocked-csp' | 'blocked-mixed' | 'wrong-address' | 'http-error';

/** What of a WebGPU device is watched. */
export interface GpuDevice {
  readonly lost: Promise<{ readonly reason: string }>;
  readonly queue: { onSubmittedWorkDone(): Promise<unknown> };
}

/**
 * A WebGL context, the canvas that has or will have one, or a WebGPU device. Whether the GPU still answers is asked of
 * WebGL 2 and WebGPU; of a canvas whose context was made before it was given only the loss is seen.
 */
export type GlSource = WebGLRenderingContext | WebGL2RenderingContext | HTMLCanvasElement | OffscreenCanvas | GpuDevice;

/** Everything is optional: `new Heartbeat()` beats to `//localhost:8888` every 5 s, or as the page's address says. */
export interface HeartbeatOptions {
  /**
   * Address of the server, with or without scheme, or a template with `%n` for the promise. Default: the URL parameter
   * `HB_URL`, else `//localhost:8888`.
   */
  url?: string;
  /** Name of the exhibit. Default: the URL parameter `HB_APP_ID`, else the page's address without its parameters. */
  appId?: string;
  /** The promise `T` in ms: "I beat again within `T`". 0 or less sends nothing by itself. Default 5000. */
  interval?: number;
  /** Register with `hb_init` before the first beat. Default `false`. */
  sendInitCommand?: boolean;
  /** Say `hb_done` when the page is left, instead of "leaving". Default `false`: a reload is not the end. */
  sendDoneCommand?: boolean;
  /** Is told what happens, in words. Default: nothing is told. */
  debugLog?: (message: string) => void;
  /**
   * What proves life. `timer`: beats at the original's cadence until the first `tick()`, from then on frames do.
   * `frames`: frames are promised, so that not even one is a fault too. `demand`: the page draws when needed, and an
   * animation frame of the client's own every 2 s shows that it could. Default `timer`.
   */
  source?: 'timer' | 'frames' | 'demand';
  /** ms without a frame, while visible, that count as a stall. Default 3000, whatever the interval. */
  stallAfter?: number;
  /** ms for the first frame after loading, and for the return after leaving. Default 30000. */
  startupGrace?: number;
  /**
   * What being hidden means. `report`: a fault. `fine`: normal here (an item of a playlist). `pause`: the exhibit is
   * over until it is seen again. Default `report`.
   */
  whenHidden?: 'report' | 'fine' | 'pause';
  /** Name of this machine, where its address says too little. Default: the URL parameter `HB_HOST_ID`, else none. */
  hostId?: string;
  /** Name of this window or monitor, where a machine has several. Default: the URL parameter `HB_SLOT`, else none. */
  slot?: string;
  /** The key to this app, where the server wants one. Default: the URL parameter `HB_KEY`, else none. */
  key?: string;
  /** ms until a beat counts as lost. Default: the time to the next beat, at least 500. */
  requestTimeout?: number;
  /**
   * Where the client beats: `worker` and `auto` mean a worker, which goes on where the page's script is stuck, and says
   * so; on a page that forbids workers both mean the page itself, as does `main`. Default `auto`.
   */
  transport?: 'auto' | 'worker' | 'main';
  /** Whether the worker holds a socket open, whose end tells at once that the page is gone. Default `true`. */
  presence?: boolean;
  /**
   * Watch these contexts: a lost one is a fault even while the page goes on drawing, and a GPU that no longer answers is
   * told from a loop that ended.
   */
  gl?: GlSource | readonly GlSource[];
  /** Say more than the original protocol (frames, visibility, errors). Default `true`. */
  vitals?: boolean;
  /** Say the first line of the last uncaught error. With `false` errors are counted, but what they say stays here. Default `true`. */
  errorText?: boolean;
}

/** Counters for a corner of the screen or a log. */
export interface Stats {
  /** Frames drawn since this page load. */
  frames: number;
  /** Frames per second over the last few seconds. */
  fps: number;
  /** The longest time between two frames since the last beat, ms. */
  worstFrameMs: number;
  /** ms since the last frame; `Infinity` before the first. */
  lastFrameAgo: number;
  /** For how long a script of the page has at worst held a frame up, ms; 0 where the browser does not tell (not Chromium). */
  worstBlockMs: number;
  /** Requests sent by the client itself. */
  pings: number;
  /** Of these, how many failed or took too long. */
  failures: number;
  /** Who sends them now. */
  transport: 'worker' | 'main';
}

/** What the listeners of {@link Heartbeat.on} are told. */
export interface HeartbeatEvents {
  /** The diagnosis changed. */
  state: { state: State };
  /** What becomes of requests changed. */
  link: { link: Link };
  /** A request came to its end; `status` is 0 when there was no answer. */
  response: { ok: boolean; status: number };
}

/** A request that can be given up. */
export interface Abortable {
  /** Gives the request up; its callback is told so. */
  abort(): void;
}
