/** The model: events in, apps out; its order, its counting of beats, and how old it knows itself to be. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ages, byName, inState, keyOf, lastSign, Model, rateOf, STALE_AFTER } from '../dashboard/model.js';

const T0 = Date.parse('2026-11-21T12:00:00.000Z');
const at = (ms) => new Date(T0 + ms).toISOString();

/** An app object as the API sends it. */
function view(overrides = {}) {
  return {
    app: 'a', host: 'h', slot: '', state: 'up', cause: 'none', sentence: '', since: at(0), last_beat_age_ms: 100, promise_ms: 5000,
    granted_ms: 6000, overdue: 0.02, policy: 'auto', muted: false, conflict: false, new: false, boot: 'b', seq: 1, vitals: {},
    frame_age_ms: 10, fps: 60, reloads: 0, ...overrides,
  };
}

function modelOf(...views) {
  const model = new Model();
  model.fold('snapshot', { at: at(0), apps: views }, 0);
  return model;
}

const names = (model) => model.ordered().map(({ view: v }) => `${v.state}:${v.app}`);

test('worst first, then by name, numbers as numbers', () => {
  const words = ['done', 'off', 'up', 'starting', 'reconnecting', 'unknown', 'late', 'hidden', 'stalled', 'down', 'missing'];
  const model = modelOf(...words.map((state) => view({ app: state, state })), view({ app: 'k10' }), view({ app: 'k9' }));
  assert.deepEqual(names(model), [
    'missing:missing', 'down:down', 'stalled:stalled', 'hidden:hidden', 'late:late', 'unknown:unknown',
    'reconnecting:reconnecting', 'starting:starting', 'up:k9', 'up:k10', 'up:up', 'off:off', 'done:done',
  ]);
});

test('the order does not depend on ages, beats or the order of arrival', () => {
  const model = modelOf(view({ app: 'b' }), view({ app: 'a' }));
  model.fold('vitals', { at: at(1000), apps: [view({ app: 'b', overdue: 0.9, seq: 2 })] }, 1000);
  assert.deepEqual(names(model), ['up:a', 'up:b']);
});

test('names that compare as equal still have one order', () => {
  const [a, b] = [view({ app: 'x' }), view({ app: 'X' })].map((v) => ({ key: keyOf(v), view: v }));
  assert.notEqual(byName(a, b), 0);
  assert.equal(Math.sign(byName(a, b)), -Math.sign(byName(b, a)));
});

test('no two identities share a key', () => {
  const identities = [['ab', '', 'c'], ['a', 'b', 'c'], ['a', '', 'b","c'], ['a', 'b', '"]'], ['a","b', '', 'c']];
  assert.equal(new Set(identities.map(([host, slot, app]) => keyOf({ host, slot, app }))).size, identities.length);
});

test('what a page takes outlives a transition, which does not tell it', () => {
  const model = modelOf(view({ accepts: ['reload'] }));
  const accepts = () => model.ordered()[0].view.accepts;
  const data = { at: at(500), app: 'a', host: 'h', slot: '', from: 'up', to: 'stalled', cause: 'no-frames' };
  model.fold('transition', { ...data, view: view({ state: 'stalled' }) }, 500);
  assert.deepEqual(accepts(), ['reload']);
  model.fold('vitals', { at: at(1000), apps: [view({ accepts: [] })] }, 1000);
  assert.deepEqual(accepts(), []);
});

test('a transition replaces the view and tells a new problem once', () => {
  const model = modelOf(view());
  const stalled = view({ state: 'stalled', cause: 'no-frames' });
  const data = { at: at(500), app: 'a', host: 'h', slot: '', from: 'up', to: 'stalled', cause: 'no-frames', view: stalled };
  const first = model.fold('transition', data, 500);
  assert.deepEqual(first.problems.map((a) => a.view.app), ['a']);
  const down = model.fold('transition', { ...data, at: at(900), to: 'down', view: view({ state: 'down' }) }, 900);
  assert.deepEqual(down.problems, [], 'from bad to bad is no news');
  const back = model.fold('transition', { ...data, at: at(950), to: 'up', view: view() }, 950);
  assert.deepEqual(back.recoveries.map((a) => a.view.app), ['a']);
  assert.deepEqual([...model.apps.values()][0].log.map((e) => e.text), ['up', 'down', 'stalled']);
});

test('a transition that was missed and is told later has its true age', () => {
  const model = modelOf(view());
  model.fold('vitals', { at: at(60_000), apps: [] }, 60_000);
  const late = view({ state: 'late', last_beat_age_ms: 6000, frame_age_ms: 6000 });
  model.fold('transition', { at: at(10_000), app: 'a', host: 'h', slot: '', from: 'up', to: 'late', view: late }, 60_001);
  const [app] = model.apps.values();
  assert.equal(ages(app, 60_001).beat, 6000 + 50_001);
  assert.equal(model.serverTime(60_001), T0 + 60_001, 'an old happening does not turn the clock back');
});

test('where no frame is known, the later of beat and word shows that somebody lives', () => {
  const signOf = (overrides) => {
    const model = modelOf(view(overrides));
    return lastSign(ages(model.ordered()[0], 2_000));
  };
  const none = { frame_age_ms: null, last_beat_age_ms: null, last_word_age_ms: null };
  assert.deepEqual(signOf({ last_word_age_ms: 1 }), ['last frame', 2_010]);
  assert.deepEqual(signOf({ ...none, last_word_age_ms: 10_000 }), ['last word', 12_000], 'it never beat');
  assert.deepEqual(signOf({ ...none, last_beat_age_ms: 900, last_word_age_ms: 100 }), ['last word', 2_100]);
  assert.deepEqual(signOf({ ...none, last_beat_age_ms: 100, last_word_age_ms: 900 }), ['last beat', 2_100]);
  assert.deepEqual(signOf({ ...none, last_word_age_ms: undefined }), ['last beat', null]);
});

test('a transition without a view turns the one that is known', () => {
  const model = modelOf(view());
  const turn = (app) => ({ at: at(9), app, host: 'h', slot: '', from: 'up', to: 'late', cause: 'silence', sentence: 'Silent.' });
  model.fold('transition', turn('a'), 9);
  model.fold('transition', turn('never heard of'), 9);
  assert.deepEqual(names(model), ['late:a']);
  assert.equal([...model.apps.values()][0].view.sentence, 'Silent.');
});

test('a snapshot is the whole truth: what it leaves out is gone', () => {
  const model = modelOf(view({ app: 'a' }), view({ app: 'b' }));
  const change = model.fold('snapshot', { at: at(1000), apps: [view({ app: 'b' })] }, 1000);
  assert.deepEqual([...change.removed], [keyOf(view({ app: 'a' }))]);
  assert.deepEqual(names(model), ['up:b']);
});

test('events remove, move and flag', () => {
  const model = modelOf(view({ app: 'a' }), view({ app: 'b' }));
  const history = model.apps.get(keyOf(view())).history;
  model.fold('event', { at: at(1), app: 'a', host: 'new', slot: '', kind: 'moved', from: 'h' }, 1);
  const moved = model.apps.get(keyOf(view({ host: 'new' })));
  assert.equal(moved.history, history, 'its minute moves along');
  assert.equal(model.apps.has(keyOf(view())), false);
  model.fold('event', { at: at(2), app: 'b', host: 'h', slot: '', kind: 'conflict' }, 2);
  assert.equal(model.apps.get(keyOf(view({ app: 'b' }))).view.conflict, true);
  model.fold('event', { at: at(3), app: 'b', host: 'h', slot: '', kind: 'removed' }, 3);
  assert.equal(model.apps.size, 1);
});

test('a view ages, and only events of the server make it young', () => {
  const model = new Model();
  assert.equal(model.isStale(0), true, 'nothing was ever heard');
  model.fold('snapshot', { at: at(0), apps: [] }, 1000);
  assert.equal(model.isStale(1000 + STALE_AFTER), false);
  assert.equal(model.isStale(1001 + STALE_AFTER), true);
  model.fold('vitals', { at: at(4000), apps: [] }, 5000);
  assert.equal(model.isStale(5000), false);
  model.fold('reset', { reason: 'ring' }, 9000);
  model.fold('vitals', null, 9000);
  model.fold('vitals', { apps: [] }, 9000);
  assert.equal(model.isStale(9000), true, 'a reset or rubbish refreshes nothing');
});

test('a sleep that the monotonic clock did not see still ages the view', () => {
  const model = new Model();
  model.fold('snapshot', { at: at(0), apps: [] }, 1000, T0);
  assert.equal(model.isStale(1500, T0 + 60_000), true);
  assert.equal(model.isStale(1500, T0 - 60_000), false, 'a wall clock set back proves nothing');
});

test('ages go on between events, but not beyond what a stale view can know', () => {
  const model = modelOf(view());
  const [app] = model.apps.values();
  assert.deepEqual(ages(app, 2000), { frame: 2010, beat: 2100, word: null, overdue: 0.02 + 2000 / 6000 });
  assert.equal(model.knownUntil(60_000), STALE_AFTER);
  assert.equal(inState(app, T0 + 1500), 1500);
  assert.equal(inState({ view: view({ since: 'rubbish' }) }, T0), null);
});

test('an app that said goodbye is never overdue', () => {
  const [app] = modelOf(view({ state: 'done', overdue: 0.5 })).apps.values();
  assert.equal(ages(app, 9000).overdue, null);
});

test('the frame rate is zero where nothing is drawn, and unknown where nothing is heard', () => {
  for (const [state, fps, expected] of [['up', 60, 60], ['up', null, NaN], ['stalled', 60, 0], ['down', 60, NaN], ['done', 60, NaN]]) {
    assert.equal(rateOf(view({ state, fps })), expected, `${state} ${fps}`);
  }
});

test('a picture that stands says nothing of the frames that are drawn', () => {
  for (const [cause, fps, expected] of [['no-frames', 60, 0], ['context-lost', null, 0], ['picture-stuck', 60, 60], ['picture-stuck', null, NaN], ['unproven', null, NaN], ['display-off', 60, 60], ['crash-loop', null, NaN]]) {
    assert.equal(rateOf(view({ state: 'stalled', cause, fps })), expected, `${cause} ${fps}`);
  }
});

test('beats are counted by sequence, and words that renew no promise are none', () => {
  const model = modelOf(view({ seq: 1, last_beat_age_ms: 0 }));
  const [app] = model.apps.values();
  model.fold('vitals', { at: at(1000), apps: [view({ seq: 4, last_beat_age_ms: 100 })] }, 1000);
  model.fold('vitals', { at: at(2000), apps: [view({ seq: 6, last_beat_age_ms: 1100 })] }, 2000);
  model.fold('vitals', { at: at(3000), apps: [view({ boot: 'c', seq: 1, last_beat_age_ms: 10 })] }, 3000);
  assert.deepEqual(app.history.read(model.column).beats.slice(-4), [0, 3, 0, 1]);
});

test('seconds that nobody watched are unknown, not silent', () => {
  const model = modelOf(view());
  const [app] = model.apps.values();
  model.fold('vitals', { at: at(1000), apps: [] }, 1000);
  model.fold('snapshot', { at: at(11_000), apps: [view({ seq: 9, last_beat_age_ms: 0 })] }, 11_000);
  const { beats } = app.history.read(model.column);
  assert.equal(beats.slice(-10, -1).every(Number.isNaN), true);
});

test('hostile data changes nothing and throws nothing', () => {
  const model = modelOf(view());
  const rubbish = [undefined, null, 1, 'x', [], {}, { at: at(1), apps: 'x' }, { at: at(1), apps: [null, 1, {}, { app: 1 }] }, { at: at(1), view: null }];
  for (const type of ['vitals', 'transition', 'event', 'nonsense']) {
    for (const data of rubbish) assert.equal(model.fold(type, data, 1).touched.size, 0, `${type} ${JSON.stringify(data)}`);
  }
  assert.deepEqual(names(model), ['up:a']);
});

test('a state of a newer server is shown among the doubtful', () => {
  const model = modelOf(view({ app: 'u' }), view({ app: 'x', state: 'melted' }), view({ app: 'l', state: 'late' }));
  assert.deepEqual(names(model), ['late:l', 'melted:x', 'up:u']);
});

test('the view is critical while any app is', () => {
  const model = modelOf(view(), view({ app: 'b', state: 'hidden', nagios: 'WARNING' }));
  assert.equal(model.isCritical(), false);
  model.fold('vitals', { at: at(1000), apps: [view({ app: 'b', state: 'hidden', nagios: 'CRITICAL' })] }, 1000);
  assert.equal(model.isCritical(), true);
  model.fold('transition', { at: at(1100), app: 'b', host: 'h', slot: '', from: 'hidden', to: 'up', cause: 'none' }, 1100);
  assert.equal(model.isCritical(), false, 'what monitoring was told went with the state');
});

test('what needs a look is first, then what is taken care of, then what is muted', () => {
  const incident = { number: 1, since: at(0), acknowledged: { by: 'x' }, snoozed_until: null };
  const model = modelOf(
    view({ app: 'muted', state: 'missing', muted: true }), view({ app: 'taken', state: 'down', incident }), view({ app: 'late', state: 'late' }), view({ app: 'up' }),
  );
  assert.deepEqual(names(model), ['late:late', 'down:taken', 'missing:muted', 'up:up']);
  assert.equal(model.isCritical(), false);
  const { troubled, taken, muted, well, loud } = model.tally();
  assert.deepEqual([troubled, taken, muted, well, [...loud]], [1, 1, 1, 1, [['late', 1]]]);
});

test('how it stands with an app is told between the seconds, and a mute makes no news', () => {
  const model = modelOf(view({ state: 'down' }));
  const muted = model.fold('standing', { at: at(500), view: view({ state: 'down', muted: true }) }, 500);
  assert.deepEqual([[...muted.touched][0].view.muted, muted.problems.length], [true, 0]);
  const lifted = model.fold('standing', { at: at(900), view: view({ state: 'down' }) }, 900);
  assert.equal(lifted.problems.length, 1, 'it is news again');
  model.fold('standing', { at: at(950), app: 'a', host: 'h', slot: '', view: null }, 950);
  assert.equal(model.apps.size, 0, 'there is nothing left to show');
  model.fold('told', { at: at(2000), kind: 'acknowledged' }, 2000);
  assert.equal(model.viewAge(2000), 0, 'it is a sign of life');
});

test('a snooze ends by itself, also of a screen that is silent', () => {
  const incident = { number: 1, since: at(0), acknowledged: null, snoozed_until: at(2000) };
  const model = modelOf(view({ state: 'down', incident }));
  assert.equal(model.tally().snoozed, 1);
  model.fold('vitals', { at: at(1000), apps: [] }, 1000);
  assert.equal(model.tally().snoozed, 1);
  const over = model.fold('vitals', { at: at(2000), apps: [] }, 2000);
  assert.deepEqual([over.touched.size, model.tally().troubled], [1, 1]);
});
