// SPDX-License-Identifier: Apache-2.0
// What a terminal would show of a line: colours and emphasis (SGR), a carriage return that begins the line anew, erased
// ends of lines, links to http(s). Any other control sequence is taken out; nothing of a log is ever more than text.

export interface Style {
  fg: string | null;  // "1".."15" of the palette, or "#rrggbb"
  bg: string | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
  link: string | null;
}

export interface Piece { text: string; style: Style }

export const plainStyle: Style = { fg: null, bg: null, bold: false, dim: false, italic: false, underline: false,
  strike: false, inverse: false, link: null };

const hex = (n: number) => Math.max(0, Math.min(255, n | 0)).toString(16).padStart(2, '0');

function colour256(n: number): string | null {
  if (n < 0 || n > 255) return null;
  if (n < 16) return String(n);
  if (n >= 232) return `#${hex(8 + (n - 232) * 10).repeat(3)}`;
  const step = (v: number) => (v === 0 ? 0 : 55 + v * 40);
  const i = n - 16;
  return `#${hex(step(Math.floor(i / 36)))}${hex(step(Math.floor(i / 6) % 6))}${hex(step(i % 6))}`;
}

// Takes the colour after a 38 or 48 out of `codes`, in both spellings: 38;5;n and 38:2::r:g:b.
function extended(codes: string[]): string | null {
  const kind = codes.shift();
  if (kind === '5') return colour256(Number(codes.shift() ?? -1));
  if (kind !== '2') return null;
  const [r, g, b] = codes.splice(0, 3).map(Number) as [number?, number?, number?];
  return `#${hex(r ?? 0)}${hex(g ?? 0)}${hex(b ?? 0)}`;
}

function coloned(text: string): string | null {
  const parts = text.split(':');
  if (parts[1] === '5') return colour256(Number(parts[2] ?? -1));
  if (parts[1] !== '2') return null;
  const [r, g, b] = parts.slice(-3).map(Number) as [number?, number?, number?];
  return `#${hex(r ?? 0)}${hex(g ?? 0)}${hex(b ?? 0)}`;
}

export function sgr(parameters: string, from: Style): Style {
  let s = { ...from };
  const codes = parameters === '' ? ['0'] : parameters.split(';');
  while (codes.length > 0) {
    const text = codes.shift() ?? '';
    if (text.includes(':')) {
      if (text.startsWith('38:')) s.fg = coloned(text);
      else if (text.startsWith('48:')) s.bg = coloned(text);
      else if (text.startsWith('4:')) s.underline = text !== '4:0';
      continue;
    }
    const n = text === '' ? 0 : Number(text);
    if (n === 0) s = { ...plainStyle, link: s.link };
    else if (n === 1) s.bold = true;
    else if (n === 2) s.dim = true;
    else if (n === 3) s.italic = true;
    else if (n === 4 || n === 21) s.underline = true;
    else if (n === 7) s.inverse = true;
    else if (n === 9) s.strike = true;
    else if (n === 22) s.bold = s.dim = false;
    else if (n === 23) s.italic = false;
    else if (n === 24) s.underline = false;
    else if (n === 27) s.inverse = false;
    else if (n === 29) s.strike = false;
    else if (n >= 30 && n <= 37) s.fg = String(n - 30);
    else if (n === 38) s.fg = extended(codes);
    else if (n === 39) s.fg = null;
    else if (n >= 40 && n <= 47) s.bg = String(n - 40);
    else if (n === 48) s.bg = extended(codes);
    else if (n === 49) s.bg = null;
    else if (n >= 90 && n <= 97) s.fg = String(n - 82);
    else if (n >= 100 && n <= 107) s.bg = String(n - 92);
  }
  return s;
}

// Only what a browser would open as a page, and whole.
function linkIn(osc: string): string | null | undefined {
  if (!osc.startsWith('8;')) return undefined;
  const at = osc.indexOf(';', 2);
  if (at < 0) return undefined;
  const address = osc.slice(at + 1);
  if (address === '') return null;
  if (address.length > 2000 || !/^https?:\/\//i.test(address)) return null;
  try {
    const url = new URL(address);
    return url.username === '' && url.password === '' ? url.href : null;
  } catch {
    return null;
  }
}

// ESC [ … , ESC ] … (BEL | ESC \), other strings, and the two-character ones; a sequence that never ends takes the rest.
const sequence = /\x1b(?:\[([0-?]*)([ -/]*)([@-~])|\]([^\x07\x1b]*)(?:\x07|\x1b\\|$)|[PX^_][^\x1b]*(?:\x1b\\|$)|[ -/]*[0-~]|\[[0-?]*[ -/]*$|$)|\x9b([0-?]*)([ -/]*)([@-~])/y;
// Of the rest, what has no picture. Direction marks too: they could turn what stands after them.
const unseen = /[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]/g;

export interface ParsedLine { pieces: Piece[]; after: Style }

export function parseLine(raw: string, before: Style): ParsedLine {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  let style = before;
  let pieces: Piece[] = [];
  let text = '';
  const put = () => {
    if (text === '') return;
    pieces.push({ text: text.replace(unseen, '\ufffd'), style });
    text = '';
  };
  for (let i = 0; i < line.length;) {
    const next = nextControl(line, i);
    text += line.slice(i, next);
    if (next === line.length) break;
    if (line[next] === '\r') {
      // What stood before is written over. How it was coloured goes on.
      text = '';
      pieces = [];
      i = next + 1;
      continue;
    }
    sequence.lastIndex = next;
    const found = sequence.exec(line);
    if (found === null || found[0] === '') {
      i = next + 1;
      continue;
    }
    i = next + found[0].length;
    const final = found[3] ?? found[7];
    const parameters = found[1] ?? found[5] ?? '';
    if (final === 'm' && (found[2] ?? found[6] ?? '') === '') {
      put();
      style = sgr(parameters, style);
    } else if (final === 'K' && (parameters === '2' || parameters === '1')) {
      text = '';
      pieces = [];
    } else if (found[4] !== undefined) {
      const link = linkIn(found[4]);
      if (link !== undefined) {
        put();
        style = { ...style, link };
      }
    }
  }
  put();
  return { pieces, after: style };
}

const control = /[\x1b\x9b\r]/g;

function nextControl(line: string, from: number): number {
  control.lastIndex = from;
  return control.exec(line)?.index ?? line.length;
}

export const textOf = (raw: string) => parseLine(raw, plainStyle).pieces.map((p) => p.text).join('');
