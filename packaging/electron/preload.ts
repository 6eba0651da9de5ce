// Runs before the exhibit's own scripts, in the sandbox, and brings hb into its page: nobody has to change the exhibit. Not here:
// the window (main.ts).

import { contextBridge } from 'electron';

const argument = (name: string): string | undefined =>
  process.argv.find((it) => it.startsWith(`--${name}=`))?.slice(name.length + 3);

// Where frames are drawn is the page's own world, which this script does not share.
contextBridge.executeInMainWorld({
  func: (url: string, appId: string) => {
    const bring = (): void => {
      const script = document.createElement('script');
      script.src = `${url}/hb.js`;
      // Every frame that the exhibit asks for from here on counts when it was drawn.
      script.onload = () => {
        new Heartbeat({ url, appId }).patchRaf();
      };
      document.head.append(script);
    };
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', bring, { once: true });
    else bring();
  },
  args: [argument('hb-url') ?? 'http://127.0.0.1:8888', argument('hb-app') ?? 'exhibit'],
});

// What hb.js defines, as far as it is used here; all of it: hb-heartbeat's own types.
declare class Heartbeat {
  constructor(options: { url?: string; appId?: string });
  patchRaf(): () => void;
}
