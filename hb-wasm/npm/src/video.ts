/**
 * hb-heartbeat/video: a page that shows a video beats by the frames of it, and says why there are none.
 * @packageDocumentation
 */
import type { Heartbeat } from './heartbeat.js';

/** How often a video without frames is looked at, ms. */
const LOOK = 250;

/** What this needs of a heartbeat. */
export type Beating = Pick<Heartbeat, 'wrap' | 'report' | 'state'>;

/** Knobs of {@link watchVideo}. */
export interface VideoOptions {
  /** ms without a new frame after which the video is asked why. Default 2000; less than `stallAfter`, so that a fault has its reason. */
  after?: number;
}

/**
 * Counts the frames that `video` shows, by `requestVideoFrameCallback`. When none come, the page is judged like any other
 * that draws nothing, and the last error says why: paused, refused by the browser, ended, waiting for data, failed.
 * Returns what ends that.
 * @example watchVideo(hb, document.querySelector('video'));
 */
export function watchVideo(hb: Beating, video: HTMLVideoElement, { after = 2000 }: VideoOptions = {}): () => void {
  // Frames are promised: without even one the page is at fault when its grace is over.
  const drawn = hb.wrap((_at: number) => {});
  let ended = false;
  let quiet = 0;
  let looked = performance.now();
  let said = '';
  const shown = (at: number): void => {
    quiet = 0;
    said = '';
    drawn(at);
  };
  const next = (at: number): void => {
    if (ended) return;
    shown(at);
    video.requestVideoFrameCallback(next);
  };
  const moved = (): void => shown(performance.now());
  const byFrames = 'requestVideoFrameCallback' in video;
  if (byFrames) video.requestVideoFrameCallback(next);
  // A few times a second, in browsers that do not tell of frames.
  else (video as HTMLVideoElement).addEventListener('timeupdate', moved);
  const timer = setInterval(() => {
    const now = performance.now();
    // Nobody looks, or nothing is due; and a timer that was held up says nothing about the video.
    quiet = document.hidden || hb.state === 'idle' ? 0 : quiet + Math.min(now - looked, 2 * LOOK);
    looked = now;
    if (quiet < after) return;
    const why = reason(video);
    if (why === said) return;
    said = why;
    console.warn('hb: ' + why);
    hb.report(why);
  }, LOOK);
  return () => {
    ended = true;
    clearInterval(timer);
    video.removeEventListener('timeupdate', moved);
  };
}

/** Why a video shows no new frame, in at most 120 characters. */
function reason(video: HTMLVideoElement): string {
  if (video.error) return 'video failed: ' + (video.error.message || 'code ' + video.error.code);
  if (video.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) return 'video has no source that this browser plays';
  if (video.ended) return 'video has ended and does not loop';
  if (video.paused) {
    // As after a reset of the browser's profile: what was allowed by habit no longer is.
    if (video.played.length > 0) return 'video is paused';
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return 'video does not load';
    return video.autoplay
      ? 'video is paused: autoplay was refused. Mute it, or start with --autoplay-policy=no-user-gesture-required'
      : 'video is paused: play() was not called, or was refused';
  }
  if (video.seeking) return 'video is seeking';
  if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return 'video waits for data';
  return 'video plays, but shows no new frame';
}
