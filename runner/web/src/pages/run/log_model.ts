// SPDX-License-Identifier: Apache-2.0
// A log as lines by their number. What streams is taken up at its end; what is far away is asked for when it is seen, and
// forgotten when there is too much of it. So a log of any length takes little memory.
import { parseLine, plainStyle, type ParsedLine, type Style } from './ansi';

export const chunkLines = 250;
const mostChunks = 240;
// Longer lines are shown to here; the download has them whole.
export const longestLine = 8000;

interface Chunk { lines: string[]; parsed: ParsedLine[]; before: Style; used: number; whole: boolean }

export type Fetcher = (from: number, count: number) => Promise<{ lines: string[]; total: number }>;

export class LogModel {
  total = 0;
  bytes = 0;
  private open = '';  // the last line, as long as its end has not come
  private chunks = new Map<number, Chunk>();
  private asked = new Set<number>();
  private clock = 0;
  private fetcher: Fetcher | null;
  private changed: () => void;
  failed: unknown = null;

  constructor(changed: () => void, fetcher: Fetcher | null = null) {
    this.changed = changed;
    this.fetcher = fetcher;
  }

  // A long log of which only the end streams: that many lines are there before. `open`: what is there of a last line
  // whose end has not come yet.
  startAt(total: number, open = ''): void {
    this.total = total;
    this.open = open;
  }

  append(text: string): void {
    let rest = this.open + text;
    if (this.open !== '') --this.total;
    this.open = '';
    let at = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', at)) {
      this.put(rest.slice(at, end));
      at = end + 1;
    }
    rest = rest.slice(at);
    if (rest !== '') {
      this.put(rest);
      this.open = rest;
    }
    this.forget();
    this.changed();
  }

  // The lines that are here, of [from, to); what is not is undefined, and asked for, unless it is only flown over.
  lines(from: number, to: number, flying = false): (ParsedLine | undefined)[] {
    const found: (ParsedLine | undefined)[] = [];
    for (let line = from; line < Math.min(to, this.total); ++line) {
      const index = Math.floor(line / chunkLines);
      const chunk = this.chunks.get(index);
      const i = line - index * chunkLines;
      if (chunk === undefined || chunk.lines[i] === undefined) {
        if (!flying) this.ask(index);
        found.push(undefined);
        continue;
      }
      chunk.used = ++this.clock;
      found.push(this.parse(chunk, i));
    }
    return found;
  }

  // How many rows of so many characters a line takes, about: of some of those that are here.
  rowsOf(columns: number): number {
    let lines = 0;
    let rows = 0;
    for (const c of this.chunks.values())
      for (const line of c.lines) {
        if (line === undefined) continue;
        ++lines;
        rows += Math.max(1, Math.ceil(Math.min(line.length, longestLine) / columns));
        if (lines >= 2000) return rows / lines;
      }
    return lines === 0 ? 1 : rows / lines;
  }

  get complete(): boolean {
    if (this.total > this.chunks.size * chunkLines) return false;
    let known = 0;
    for (const c of this.chunks.values()) for (const line of c.lines) if (line !== undefined) ++known;
    return known >= this.total;
  }

  // Of what is here.
  *texts(): Generator<[number, string]> {
    for (const index of [...this.chunks.keys()].sort((a, b) => a - b)) {
      const chunk = this.chunks.get(index) as Chunk;
      for (let i = 0; i < chunk.lines.length; ++i)
        if (chunk.lines[i] !== undefined) yield [index * chunkLines + i, this.parse(chunk, i).pieces.map((p) => p.text).join('')];
    }
  }

  private parse(chunk: Chunk, i: number): ParsedLine {
    for (let k = chunk.parsed.length; k <= i; ++k) {
      const line = chunk.lines[k] ?? '';
      const before = k === 0 ? chunk.before : chunk.parsed[k - 1]?.after ?? plainStyle;
      chunk.parsed.push(parseLine(line.length > longestLine ? line.slice(0, longestLine) : line, before));
    }
    return chunk.parsed[i] as ParsedLine;
  }

  private chunkAt(index: number): Chunk {
    let chunk = this.chunks.get(index);
    if (chunk === undefined) {
      // A colour that was not ended goes on, where what stood before is known.
      const last = this.chunks.get(index - 1);
      const before = last && last.lines.length === chunkLines ? this.parse(last, chunkLines - 1).after : plainStyle;
      chunk = { lines: [], parsed: [], before, used: ++this.clock, whole: false };
      this.chunks.set(index, chunk);
    }
    return chunk;
  }

  private put(line: string): void {
    const index = Math.floor(this.total / chunkLines);
    const chunk = this.chunkAt(index);
    const i = this.total - index * chunkLines;
    chunk.lines[i] = line;
    if (chunk.parsed.length > i) chunk.parsed.length = i;
    ++this.total;
  }

  private ask(index: number): void {
    if (this.fetcher === null || this.asked.has(index)) return;
    this.asked.add(index);
    this.fetcher(index * chunkLines + 1, chunkLines).then(({ lines }) => {
      const chunk = this.chunkAt(index);
      lines.forEach((line, i) => { if (index * chunkLines + i < this.total) chunk.lines[i] = line; });
      chunk.parsed = [];
      this.forget();
    }, (error: unknown) => { this.failed = error; })
      .finally(() => { this.asked.delete(index); this.changed(); });
  }

  private forget(): void {
    if (this.fetcher === null || this.chunks.size <= mostChunks) return;
    const open = Math.floor(this.total / chunkLines);
    const oldest = [...this.chunks].filter(([index]) => index < open - 1).sort((a, b) => a[1].used - b[1].used);
    for (const [index] of oldest.slice(0, this.chunks.size - mostChunks)) this.chunks.delete(index);
  }
}
