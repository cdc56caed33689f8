// SPDX-License-Identifier: Apache-2.0
// Names that others chose. They are text and nothing else: direction marks and control characters, which could make one
// name look like another, are shown as what they are, and what is very long is cut (the whole stands in the title).
const invisible = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u061c\u180e\ufff9-\ufffb]/g;
const longest = 160;

export function plain(text: string, most = longest): string {
  const cut = text.length > most ? `${[...text.slice(0, most)].slice(0, -1).join('')}…` : text;
  return cut.replace(invisible, (c) => (c === '\n' || c === '\t' ? ' ' : '\ufffd'));
}

export function Name({ text, class: more = '' }: { text: string; class?: string }) {
  const shown = plain(text);
  return <bdi class={`name ${more}`} {...(shown === text ? {} : { title: plain(text, 2000) })}>{shown}</bdi>;
}

export const plural = (n: number, one: string, many = `${one}s`) => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
