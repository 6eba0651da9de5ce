// Probes of the GPU: lost contexts and devices, and a fence a second that shows whether it still answers. What GL holds
// stays here; the module hears numbers. Not here: what they mean (hb-core's gate).

import type { GlSource, GpuDevice } from './options.js';
import { Tell } from './words.js';

/** An enum is bundled as its numbers. */
const enum Look {
  /** A fence is made at one look, and looked for at the next, ms. */
  Every = 450,
  /** So many looks in vain make it overdue. One proves nothing: the page's own thread may have been held up. */
  Vain = 2,
}

/** Whether a sign of life that was asked for has come. */
type Came = () => boolean;

interface Watched {
  /** Asks the GPU for a sign of life, where that is known. */
  ask?: () => Came | undefined;
  /** While one is owed. */
  came?: Came | undefined;
  /** How often it was looked for in vain, without a frame of the browser's meanwhile. */
  vain: number;
}

/** The contexts of one heartbeat. */
export interface Gpu {
  /** Follows one more. */
  watch(source: GlSource | null): void;
  /** Lets go of everything. */
  close(): void;
}

/** `tell` hears of lost contexts and of owed fences. */
export function watchGpu(tell: (what: Tell, value: number) => void): Gpu {
  const all = new Map<object, Watched>();
  const lost = new Set<object>();
  const undo: (() => void)[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  let awaited = false;
  let overdue = false;

  const set = (owner: object, gone: boolean): void => {
    lost[gone ? 'add' : 'delete'](owner);
    tell(Tell.Lost, lost.size);
  };

  const say = (now: boolean): void => {
    if (now || overdue) tell(Tell.Overdue, +now);
    overdue = now;
  };

  const look = (): void => {
    let most = 0;
    for (const watched of all.values()) {
      if (watched.came && !watched.came()) {
        most = Math.max(most, ++watched.vain);
      } else {
        watched.vain = 0;
        watched.came = watched.came || globalThis.document?.hidden ? undefined : watched.ask?.();
      }
    }
    say(most >= Look.Vain);
    // Where the browser draws the GPU is busy, not stuck.
    if (!most || awaited) return;
    awaited = true;
    globalThis.requestAnimationFrame?.(() => {
      awaited = false;
      for (const watched of all.values()) watched.vain = 0;
      say(false);
    });
  };

  const watch = (source: GlSource | null): void => {
    // `null` is what `getContext` says where there is no WebGL.
    if (!source) return;
    const owner = 'canvas' in source ? source.canvas : source;
    const known = all.get(owner);
    const watched: Watched = known ?? { vain: 0 };
    if ('fenceSync' in source) watched.ask = () => fence(source);
    if (known) return;
    all.set(owner, watched);
    timer ??= setInterval(look, Look.Every);
    tell(Tell.Watch, 0);
    tell(Tell.Armed, 0);
    if ('queue' in owner) {
      // A lost device does not come back: the page makes another, and has it watched instead.
      for (const gone of lost) if ('queue' in gone) set(gone, false);
      watched.ask = () => work(owner);
      void owner.lost.then(({ reason }) => {
        all.delete(owner);
        if (reason !== 'destroyed') set(owner, true);
      });
      return;
    }
    // Never `preventDefault()`: whether to restore a context is the page's choice.
    const listen = (type: string, gone: boolean): void => {
      const listener = (): void => {
        // What was asked before is never answered.
        watched.came = undefined;
        set(owner, gone);
      };
      owner.addEventListener(type, listener);
      undo.push(() => owner.removeEventListener(type, listener));
    };
    listen('webglcontextlost', true);
    listen('webglcontextrestored', false);
    if ('getContext' in source) {
      // To ask a canvas for its context would make one where there is none: we wait until the page does.
      const original = source.getContext as (...args: unknown[]) => unknown;
      const patched = (...args: unknown[]): unknown => {
        const context = original.apply(source, args) as WebGL2RenderingContext | null;
        if (context) restore();
        if (context && 'isContextLost' in context) watch(context);
        return context;
      };
      const restore = (): void => {
        if (source.getContext === patched) source.getContext = original as never;
      };
      source.getContext = patched as never;
      undo.push(restore);
    } else if ((source as WebGLRenderingContext).isContextLost()) {
      set(owner, true);
    }
  };

  return {
    watch,
    close() {
      clearInterval(timer);
      for (const step of undo) step();
      all.clear();
    },
  };
}

/** Nothing here waits: neither `finish` nor `getError` nor `readPixels`, each of which would. */
function fence(gl: WebGL2RenderingContext): Came | undefined {
  const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!sync) return;
  gl.flush();
  return () => {
    const came = gl.clientWaitSync(sync, 0, 0) !== gl.TIMEOUT_EXPIRED;
    if (came) gl.deleteSync(sync);
    return came;
  };
}

function work(device: GpuDevice): Came {
  let came = false;
  const end = (): void => void (came = true);
  device.queue.onSubmittedWorkDone().then(end, end);
  return () => came;
}
