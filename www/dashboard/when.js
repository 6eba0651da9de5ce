/**
 * Moments as the wall clock of whoever looks: when something was, and until when it lasts. `now` is an argument.
 *
 * Whoever looks from another time zone than the house's is told with each time which one it is: what hangs in the museum, the
 * messages and the command line tell the house's time.
 */

import { locale, t } from './lang.js';

const DAY = 24 * 60 * 60 * 1000;

/** A wall clock somewhere, to the minute; and here, with the name of the zone. */
const faceIn = (timeZone) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'short', timeStyle: 'short', timeZone });
const here = faceIn(undefined);
const named = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' });
/** The wall clock of the house; null as long as it is not known. */
let there = null;

/** The house is in this zone, as in `Europe/Berlin`; one that this browser does not know, or none, is taken for its own. */
export function houseIsIn(zone) {
  try {
    there = zone ? faceIn(zone) : null;
  } catch {
    there = null;
  }
}

/** The zone of a time told here, where the house has another time then. The space before it does not break. */
function zoneAt(date) {
  if (!there || there.format(date) === here.format(date)) return '';
  return `\u00a0${named.formatToParts(date).find(({ type }) => type === 'timeZoneName').value}`;
}

const sameDay = (a, b) => a.toDateString() === b.toDateString();
const hourOf = (date) => date.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' }) + zoneAt(date);

/** A moment that was: "14:02:07", with the day when it was another one. Unreadable → "–". */
export function clock(at, now = Date.now()) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return '–';
  const time = date.toLocaleTimeString(locale) + zoneAt(date);
  return sameDay(date, new Date(now)) ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}

/** A moment near or far: "14:30", "Tue 09:00", "24 Dec 09:00". Unreadable → "". */
export function moment(at, now = Date.now()) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return '';
  if (sameDay(date, new Date(now))) return hourOf(date);
  const near = Math.abs(date - now) < 6 * DAY;
  const day = near ? date.toLocaleDateString(locale, { weekday: 'short' }) : date.toLocaleDateString(locale, { day: 'numeric', month: 'short' });
  return `${day} ${hourOf(date)}`;
}

/** "until 14:30"; empty where there is no end. */
export function until(at, now = Date.now()) {
  const said = moment(at, now);
  return said === '' ? '' : t('until {moment}', { moment: said });
}

/** The short name of a day of the week; 0 is Monday. */
export function weekday(day) {
  return new Date(Date.UTC(2024, 0, 1 + day)).toLocaleDateString(locale, { weekday: 'short', timeZone: 'UTC' });
}

/** What a clock on a wall shows: the time, and the day. */
export function clockFace(at) {
  const date = new Date(at);
  return { time: hourOf(date), day: date.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long' }) };
}
