/**
 * Which apps are shown: free text and a set of states, and their form in the address (`#q=hall&state=down,late`).
 *
 * Pure: no DOM. An address with a filter is a bookmark for one wall.
 */

import { tagsOf } from './standing.js';

/** Nothing filtered. */
export const EVERYTHING = Object.freeze({ text: '', states: Object.freeze([]) });

/** A test for app objects: every word of the text occurs in its names, groups, state, cause or marks; and its state is chosen. */
export function matcher({ text, states }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = new Set(states);
  return (view) => {
    if (chosen.size > 0 && !chosen.has(view.state)) return false;
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
