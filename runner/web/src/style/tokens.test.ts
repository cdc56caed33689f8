// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function block(after: string): Map<string, string> {
  const from = css.indexOf(after);
  assert.notEqual(from, -1, after);
  const text = css.slice(css.indexOf('{', from) + 1, css.indexOf('}', from));
  return new Map([...text.matchAll(/(--[\w-]+|color-scheme):\s*([^;]+);/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
}

const light = block(':root {');
const dark = block(":root[data-theme='dark']");

test('dark is dark, whoever asked for it', () => {
  assert.deepEqual([...block(':root:not([data-theme])')], [...dark]);
});

function luminance(hex: string): number {
  const full = hex.length === 4 ? [...hex.slice(1)].map((c) => c + c).join('') : hex.slice(1);
  const [r, g, b] = [0, 2, 4].map((i) => {
    const c = parseInt(full.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (x + 0.05) / (y + 0.05);
}

const texts: [string, string][] = [
  ...['--bg', '--surface', '--sunken', '--hover'].flatMap((ground): [string, string][] =>
    [['--text', ground], ['--text-2', ground], ['--accent', ground]]),
  ...['--bg', '--surface', '--hover'].flatMap((ground): [string, string][] =>
    ['--good', '--bad', '--run', '--wait', '--idle'].map((tone): [string, string] => [tone, ground])),
  ...['good', 'bad', 'run', 'wait', 'idle', 'accent'].map((tone): [string, string] => [`--${tone}`, `--${tone}-soft`]),
  ['--text', '--accent-soft'], ['--text', '--bad-soft'], ['--text', '--wait-soft'], ['--text-2', '--bad-soft'],
  ['--on-accent', '--accent-fill'], ['--on-accent', '--accent-fill-hover'], ['--on-accent', '--bad-fill'],
  ['--log-text', '--log-bg'], ['--log-dim', '--log-bg'], ['--log-text', '--log-mark'], ['--text', '--mark'],
];

for (const [name, theme] of [['light', light], ['dark', new Map([...light, ...dark])]] as const)
  test(`text can be read in ${name}`, () => {
    const poor = texts.map(([text, ground]) => ({ text, ground,
      ratio: contrast(theme.get(text) ?? '', theme.get(ground) ?? '') })).filter((p) => !(p.ratio >= 4.5));
    assert.deepEqual(poor, []);
    for (const ground of ['--surface', '--bg'])
      assert.ok(contrast(theme.get('--edge') ?? '', theme.get(ground) ?? '') >= 3, `--edge on ${ground}`);
  });
