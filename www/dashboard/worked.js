/**
 * How much of the time the house worked: all of it, each hall, and the hosts that worked least; over three spans. Pure: answers of
 * `GET /api/v1/uptime` in. Not here: one app's (past.js), the table (house-worked.js).
 */

import { byName, ELSEWHERE } from './halls.js';
import { t } from './lang.js';

const SUMS = ['working_s', 'broken_s', 'muted_s', 'unknown_s'];
/** Hosts that are named: beyond, nobody looks. */
const HOSTS = 10;

/** Several shares as one; `percent` is null where nothing was judged. */
export function sumOf(uptimes) {
  const sum = Object.fromEntries(SUMS.map((key) => [key, uptimes.reduce((all, it) => all + (it[key] ?? 0), 0)]));
  const judged = sum.working_s + sum.broken_s;
  return { ...sum, percent: judged > 0 ? (100 * sum.working_s) / judged : null };
}

/**
 * `spans` are the answers for each span, the longest last; `hallOf` tells the hall of `{host, slot, app}`. Rows of
 * `{kind, name, uptimes}`: the house, its halls by name, then the hosts with the least over the longest span, worst first.
 */
export function workedRows(spans, hallOf) {
  const shares = spans.map((told) => told?.apps ?? []);
  const rowsBy = (kind, nameOf) => {
    const names = new Set(shares.flat().map(nameOf));
    const of = (name) => shares.map((apps) => sumOf(apps.filter((app) => nameOf(app) === name).map(({ uptime }) => uptime)));
    return [...names].map((name) => ({ kind, name, uptimes: of(name) })).sort(byName);
  };
  const halls = rowsBy('hall', hallOf);
  const named = halls.filter(({ name }) => name !== ELSEWHERE);
  const least = ({ uptimes }) => uptimes.at(-1).percent;
  const hosts = rowsBy('host', ({ host }) => host).filter((row) => least(row) !== null && least(row) < 100);
  hosts.sort((a, b) => least(a) - least(b));
  const house = { kind: 'house', name: t('All screens'), uptimes: shares.map((apps) => sumOf(apps.map(({ uptime }) => uptime))) };
  return [house, ...(named.length > 0 ? halls : []), ...hosts.slice(0, HOSTS)];
}

/** What a spreadsheet reads: one line for each app, seconds of each span. */
export function csvOf(spans, labels, hallOf) {
  const cell = (value) => {
    const text = String(value ?? '');
    // What begins like a formula would be one.
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const head = ['hall', 'host', 'slot', 'app', ...labels.flatMap((label) => ['percent', ...SUMS].map((key) => `${key} (${label})`))];
  const rows = (spans.at(-1)?.apps ?? []).map((app) => {
    const same = (it) => it.host === app.host && (it.slot ?? '') === (app.slot ?? '') && it.app === app.app;
    const uptimes = spans.map((told) => told?.apps?.find(same)?.uptime ?? {});
    return [hallOf(app), app.host, app.slot, app.app, ...uptimes.flatMap((it) => [it.percent, ...SUMS.map((key) => it[key])])];
  });
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
