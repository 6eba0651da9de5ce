/**
 * What of the look of a page can be measured, in the page itself: `measure({ language, texts, names })` → complaints, each a line.
 *
 * Nothing scrolls sideways, no text is cut off or lies over another, and every word is of the page's language: of a text that
 * `lang/*.json` has, or one of `names`, which are nobody's language. Not here: which pages, sizes and languages (looks.rs).
 */

window.measure = ({ language, texts, names }) => {
  /** Overlaps and cuts below this are a matter of rounding, px. */
  const SLACK = 2;
  const complaints = [];
  const dialog = [...document.querySelectorAll('dialog')].findLast((it) => it.open);
  const root = dialog ?? document.body;

  const nameOf = (node) => `${node.tagName.toLowerCase()}${node.id ? `#${node.id}` : ''}${node.getAttribute('class') ? `.${node.getAttribute('class').trim().replaceAll(' ', '.')}` : ''}`;
  const isSeen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && !node.closest('.unseen');

  // Sideways.
  const beside = document.documentElement.scrollWidth - innerWidth;
  if (beside > 0) complaints.push(`${beside} px beside the page`);
  if (dialog && dialog.scrollWidth - dialog.clientWidth > SLACK) complaints.push(`${nameOf(dialog)} scrolls sideways`);

  // What goes on beside its box, where no bar tells.
  for (const node of root.querySelectorAll('*')) {
    const hidden = node.scrollWidth - node.clientWidth;
    if (/auto|scroll/.test(getComputedStyle(node).overflowX) && hidden > SLACK && node.clientWidth > 0 && isSeen(node) && !node.matches('pre, textarea')) complaints.push(`${nameOf(node)} scrolls sideways: ${hidden} px are not seen`);
  }

  // Every piece of text that is seen, with its boxes.
  const pieces = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    const text = node.textContent.trim();
    if (text === '' || !isSeen(parent) || parent.closest('script, style, option')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    pieces.push({ parent, text, boxes: [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0) });
  }

  /** The part of a box that its scrolling or clipping ancestors show; null where none does, and whether one of them cuts rather than scrolls. */
  const shownOf = (box, parent) => {
    let { left, top, right, bottom } = box;
    let cut = '';
    for (let at = parent; at && at !== document.documentElement; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const frame = at.getBoundingClientRect();
      const clips = (axis) => /hidden|clip/.test(axis);
      if (clips(style.overflowX) && (left < frame.left - SLACK || right > frame.right + SLACK)) cut ||= nameOf(at);
      if (clips(style.overflowY) && (top < frame.top - SLACK || bottom > frame.bottom + SLACK)) cut ||= nameOf(at);
      left = Math.max(left, frame.left);
      top = Math.max(top, frame.top);
      right = Math.min(right, frame.right);
      bottom = Math.min(bottom, frame.bottom);
    }
    return { shown: right - left > 0 && bottom - top > 0 ? { left, top, right, bottom } : null, cut };
  };

  const laid = [];
  for (const { parent, text, boxes } of pieces) {
    let told = false;
    for (const box of boxes) {
      const { shown, cut } = shownOf(box, parent);
      // What is cut can be read elsewhere: all of it stands in a title.
      if (cut && !told && !parent.closest('[title]')) complaints.push(`cut by ${cut}: “${text}” of ${nameOf(parent)}`);
      told ||= Boolean(cut);
      if (shown) laid.push({ ...shown, text, parent });
      const scrolls = shown && !cut && (shown.right > innerWidth + SLACK || shown.left < -SLACK);
      if (scrolls) complaints.push(`outside of the page: “${text}” of ${nameOf(parent)}`);
    }
  }
  // What floats over the page does so on purpose.
  const floats = (node) => Boolean(node.closest('.banner'));
  for (const [at, one] of laid.entries()) {
    for (const other of laid.slice(at + 1)) {
      if (one.parent === other.parent || floats(one.parent) !== floats(other.parent)) continue;
      const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      // Lines of text are higher than their letters.
      if (width > SLACK && height > Math.min(one.bottom - one.top, other.bottom - other.top) * 0.3) complaints.push(`“${one.text}” lies over “${other.text}”`);
    }
  }

  // A finger and a weak hand need 24 px of a control that does not stand in a text.
  for (const node of root.querySelectorAll('button, select, input, [role=button]')) {
    const { width, height } = (node.matches('input') && node.closest('label') || node).getBoundingClientRect();
    if (isSeen(node) && (width < 24 || height < 24)) complaints.push(`${nameOf(node)} is ${width.toFixed(0)} × ${height.toFixed(0)} px`);
  }

  // Words; pages for authors are in English, and have texts of their own.
  if (document.documentElement.lang !== language) complaints.push(`lang is ${document.documentElement.lang}`);
  if (!texts) return [...new Set(complaints)];
  // A word that was cut is none.
  const wordsOf = (text) => text.replace(/\p{L}*…\p{L}*/gu, ' ').match(/\p{L}{3,}/gu) ?? [];
  const days = [...Array(366).keys()].flatMap((day) => {
    const date = new Date(Date.UTC(2024, 0, 1 + day));
    return ['long', 'short'].flatMap((length) => wordsOf(date.toLocaleDateString(language === 'en' ? 'en-GB' : language, { weekday: length, month: length, day: 'numeric' })));
  });
  const known = new Set([...texts, ...names, ...days].flatMap(wordsOf).map((word) => word.toLowerCase()));
  const said = pieces.filter(({ parent }) => !parent.closest('code, pre')).map(({ text }) => text);
  for (const node of [root, ...root.querySelectorAll('*')]) {
    if (!isSeen(node)) continue;
    for (const attribute of ['aria-label', 'title', 'placeholder', 'alt']) if (node.getAttribute(attribute)) said.push(node.getAttribute(attribute));
    for (const option of node.options ?? []) said.push(option.text);
  }
  said.push(document.title);
  for (const text of new Set(said)) {
    const foreign = wordsOf(text).filter((word) => !known.has(word.toLowerCase()));
    if (foreign.length > 0) complaints.push(`no ${language}: ${foreign.join(' ')} in “${text}”`);
  }
  return [...new Set(complaints)];
};
