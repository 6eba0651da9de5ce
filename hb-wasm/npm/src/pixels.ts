/**
 * hb-heartbeat/pixels: looks whether the picture changes, for pages whose loop may go on drawing the same one.
 * @packageDocumentation
 */
import type { Heartbeat } from './heartbeat.js';

/** Pixels a side. */
const SIDE = 16;
/** Between two looks whether the GPU has handed the small picture over, ms. */
const POLL = 50;

/** What this needs of a heartbeat. */
export type Beating = Pick<Heartbeat, 'stats' | 'stuck' | 'state'>;

/** Knobs of {@link watchPixels}. */
export interface PixelOptions {
  /** ms between two looks. Default 5000. What one costs is in hb's `docs/browser.md`. */
  every?: number;
  /** ms for which frames may be drawn without a change of the picture. Default 60000. */
  stuckAfter?: number;
}

/**
 * Every few seconds draws `canvas` down to 16 × 16, and calls the picture stuck when that has not changed for too long
 * although frames are counted. A picture of one colour proves nothing. Returns what ends that.
 * @example watchPixels(hb, canvas, { stuckAfter: 120_000 });
 */
export function watchPixels(
  hb: Beating,
  canvas: HTMLCanvasElement | OffscreenCanvas,
  { every = 5000, stuckAfter = 60_000 }: PixelOptions = {},
): () => void {
  let before: Uint32Array = new Uint32Array(0);
  let frames = hb.stats().frames;
  let looked = performance.now();
  let same = 0;
  let frame = 0;
  let ended = false;
  let busy = false;
  let read = reader();
  const look = async (): Promise<void> => {
    const now = performance.now();
    const span = Math.min(now - looked, 2 * every);
    looked = now;
    const count = hb.stats().frames;
    const drawn = count > frames;
    frames = count;
    // A GPU that is slow is asked one thing at a time.
    if (!drawn || busy || hb.state === 'idle') return;
    busy = true;
    let picture: Uint32Array | undefined;
    try {
      // Each pixel counts, not only those that a coarse reduction falls upon.
      const bitmap = await createImageBitmap(canvas, { resizeWidth: SIDE, resizeHeight: SIDE, resizeQuality: 'medium' });
      picture = await read(bitmap);
      bitmap.close();
      // The GPU was reset: another begins.
      if (!picture) read = reader();
    } catch (error) {
      console.warn(`hb: the picture cannot be looked at: ${error}`);
      end();
    }
    busy = false;
    if (ended || !picture) return;
    const [first] = picture;
    // A canvas that is read at the wrong moment is empty, and so is one whose scene is dark: neither is evidence.
    if (picture.every((pixel) => pixel === first)) return;
    const changed = picture.some((pixel, at) => pixel !== before[at]);
    before = picture;
    same = changed ? 0 : same + span;
    hb.stuck(same >= stuckAfter);
  };
  // Asked for from a timer, the frame comes after the page's own, in the same task, before the browser takes the picture
  // off the canvas.
  const timer = setInterval(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => void look());
  }, every);
  const end = (): void => {
    ended = true;
    clearInterval(timer);
    cancelAnimationFrame(frame);
    hb.stuck(false);
  };
  return end;
}

/** What hands small pictures over; nothing when its context was lost. */
type Reader = (picture: ImageBitmap) => Promise<Uint32Array | undefined>;

/**
 * Into a buffer, which is fetched when a fence says that it is full: nobody waits. By a 2d context, where there is no
 * WebGL 2, the page waits for all that the GPU is at.
 */
function reader(): Reader {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) {
    const context = new OffscreenCanvas(SIDE, SIDE).getContext('2d')!;
    return async (picture) => {
      context.clearRect(0, 0, SIDE, SIDE);
      context.drawImage(picture, 0, 0);
      return new Uint32Array(context.getImageData(0, 0, SIDE, SIDE).data.buffer);
    };
  }
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  gl.bindBuffer(gl.PIXEL_PACK_BUFFER, gl.createBuffer());
  gl.bufferData(gl.PIXEL_PACK_BUFFER, SIDE * SIDE * 4, gl.STREAM_READ);
  return async (picture) => {
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
    gl.readPixels(0, 0, SIDE, SIDE, gl.RGBA, gl.UNSIGNED_BYTE, 0);
    const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    do await new Promise((resolve) => setTimeout(resolve, POLL));
    while (sync && gl.clientWaitSync(sync, 0, 0) === gl.TIMEOUT_EXPIRED);
    if (gl.isContextLost()) return undefined;
    const pixels = new Uint32Array(SIDE * SIDE);
    gl.deleteSync(sync);
    gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, pixels);
    return pixels;
  };
}
