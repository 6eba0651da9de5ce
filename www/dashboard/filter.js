/**
 * Which apps are shown: free text and a set of states, and their form in the address (`#q=hall&state=down,late`).
 *
 * Pure: no DOM. An address with a filter is a bookmark for one wall.
 */

import { tagsOf } from './standing.js';

/** Nothing filtered. */
export const EVERYTHING = Object.freeze({ text: '', states: Object.freeze([]) });

/** Words, and what stands in quotes as one; behind `group:` the name of a group, in any case. */
const WORD = /group:(?:"([^"]*)"?|(\S*))|"([^"]*)"?|\S+/g;

/** The words of a filter: `{words, groups}`, in small letters. A quote that is still being typed ends with the text. */
function wordsOf(text) {
  const [words, groups] = [[], []];
  for (const [whole, quoted, bare, phrase] of text.toLowerCase().matchAll(WORD)) {
    const group = quoted ?? bare;
    if (group !== undefined) groups.push(group);
    else words.push(phrase ?? whole);
  }
  return { words: words.filter(Boolean), groups: groups.filter(Boolean) };
}

/** A filter that shows one group. */
export const ofGroup = (name) => ({ ...EVERYTHING, text: `group:${/[\s"]/.test(name) ? `"${name.replaceAll('"', '')}"` : name}` });

/**
 * A test for app objects: every word of the text occurs in its names, groups, state, cause or marks; it is in each group that is
 * named as `group:foyer` or `group:"hall 3"`; and its state is chosen.
 */
export function matcher({ text, states }) {
  const { words, groups } = wordsOf(text);
  const chosen = new Set(states);
  return (view) => {
    if (chosen.size > 0 && !chosen.has(view.state)) return false;
    if (groups.length > 0) {
      const own = new Set((view.groups ?? []).map((name) => name.toLowerCase().replaceAll('"', '')));
      if (!groups.every((name) => own.has(name))) return false;
    }
    if (words.length === 0) return true;
    const cause = view.cause === 'none' ? '' : view.cause ?? '';
    const hay = `${view.app}\n${view.host}\n${view.slot ?? ''}\n${view.state}\n${cause}\n${tagsOf(view).join('\n')}\n${(view.groups ?? []).join('\n')}`.toLowerCase();
    return words.every((word) => hay.includes(word));
  };
}

/** The filter with one state more, or one less if it was chosen. */
export function toggled(filter, state) {
  const states = filter.states.includes(state) ? filter.states.filter((s) => s !== state) : [...filter.states, state];
  return { ...filter, states };
}

/** What a filter asks for, as its reader would say it: halls as `named` writes them, then words in quotes. Its states are not told. */
export function askedOf({ text }, named = []) {
  const { words, groups } = wordsOf(text);
  const said = new Map(named.map((name) => [name.toLowerCase().replaceAll('"', ''), name]));
  return [...groups.map((group) => said.get(group) ?? group), ...words.map((word) => `“${word}”`)];
}

export function isActive({ text, states }) {
  return text.trim() !== '' || states.length > 0;
}

/** The filter as the fragment of an address; empty when nothing is filtered. */
export function toHash({ text, states }) {
  const params = new URLSearchParams();
  if (text.trim() !== '') params.set('q', text.trim());
  if (states.length > 0) params.set('state', states.join(','));
  const query = params.toString();
  return query === '' ? '' : `#${query}`;
}

/** The filter in the fragment of an address; what it does not understand it leaves out. */
export function fromHash(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const states = (params.get('state') ?? '').split(',').filter(Boolean);
  return { text: params.get('q') ?? '', states: [...new Set(states)] };
}
