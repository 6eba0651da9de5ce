/**
 * Why a screen is as it is: what the server's causes mean, what was proved before a repair, and what a page finds wrong with itself.
 *
 * Pure. The one table of it; the longer sentences are the server's own. Not here: states (words.js), good words of a page (said.js).
 */

import { t } from './lang.js';
import { visible } from './words.js';

/** A word that is not here is shown as it is. */
const CAUSES = {
  'no-frames': t('no new frames'),
  'main-blocked': t('its script is stuck'),
  'context-lost': t('its graphics context is lost'),
  'gpu-stuck': t('its graphics processor is stuck'),
  'picture-stuck': t('its picture stands still'),
  'browser-dead': t('the browser does not answer'),
  exited: t('the program ended'),
  restart: t('the server started again'),
  conflict: t('two pages answer to this name'),
  'display-off': t('its display is switched off'),
  silence: t('silence'),
  left: t('it went away'),
  frozen: t('the browser froze it'),
  'connection-lost': t('the page or its browser ended'),
  unproven: t('somebody says that it stands still'),
  'crash-loop': t('it crashes again and again'),
};

/** A cause in words; nothing where there is none. */
export function causeText(cause) {
  return !cause || cause === 'none' ? '' : CAUSES[cause] ?? visible(cause).replaceAll('-', ' ');
}
