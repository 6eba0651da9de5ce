// A kiosk: one window on the whole screen, loaded again when its page hangs or dies. What the server is told comes from the
// frames alone (preload.ts); run this under `hb run`, so that the program itself is started again too.

import { app, BrowserWindow } from 'electron';
import { join } from 'node:path';

const EXHIBIT = process.env['EXHIBIT_URL'] ?? 'https://museum.example/signage';
const HB = process.env['HB_URL'] ?? 'http://127.0.0.1:8888';
const APP = process.env['APP_ID'] ?? 'signage';

// Sound and pictures without a touch, and a page that nobody looks at for a moment goes on.
app.commandLine.appendSwitch('autoplay-policy', 'no-user-gesture-required');

void app.whenReady().then(() => {
  const window = new BrowserWindow({
    kiosk: true,
    autoHideMenuBar: true,
    webPreferences: {
      preload: join(__dirname, 'preload.js'),
      additionalArguments: [`--hb-url=${HB}`, `--hb-app=${APP}`],
      contextIsolation: true,
      sandbox: true,
      backgroundThrottling: false,
    },
  });
  const page = window.webContents;
  page.on('render-process-gone', () => page.reload());
  page.on('unresponsive', () => page.forcefullyCrashRenderer());
  page.on('did-fail-load', (_event, _code, _what, _url, isMainFrame) => {
    if (isMainFrame) setTimeout(() => void window.loadURL(EXHIBIT).catch(() => {}), 5_000);
  });
  page.setWindowOpenHandler(() => ({ action: 'deny' }));
  void window.loadURL(EXHIBIT).catch(() => {});
});

app.on('window-all-closed', () => app.quit());
