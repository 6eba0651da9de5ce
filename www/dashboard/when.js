/**
 * Moments as the wall clock of whoever looks: when something was, and until when it lasts. Pure: `now` is an argument.
 */

const DAY = 24 * 60 * 60 * 1000;

const sameDay = (a, b) => a.toDateString() === b.toDateString();
const hourOf = (date) => date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

/** A moment that was: "14:02:07", with the day when it was another one. Unreadable → "–". */
export function clock(at, now = Date.now()) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return '–';
  const time = date.toLocaleTimeString('en-GB');
  return sameDay(date, new Date(now)) ? time : `${date.toLocaleDateString('en-CA')} ${time}`;
}

/** A moment near or far: "14:30", "Tue 09:00", "24 Dec 09:00". Unreadable → "". */
export function moment(at, now = Date.now()) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return '';
  if (sameDay(date, new Date(now))) return hourOf(date);
  const near = Math.abs(date - now) < 6 * DAY;
  const day = near ? date.toLocaleDateString('en-GB', { weekday: 'short' }) : date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  return `${day} ${hourOf(date)}`;
}

/** "until 14:30"; empty where there is no end. */
export function until(at, now = Date.now()) {
  const said = moment(at, now);
  return said === '' ? '' : `until ${said}`;
}
