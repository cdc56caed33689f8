// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLine, plainStyle, textOf, type Piece } from './ansi';

const pieces = (line: string) => parseLine(line, plainStyle).pieces;
const short = (line: string) => pieces(line).map((p: Piece) => [p.text, p.style.fg, p.style.bold]);

test('colours and emphasis', () => {
  assert.deepEqual(short('a\x1b[31mred\x1b[1;92mbright\x1b[0mb'),
    [['a', null, false], ['red', '1', false], ['bright', '10', true], ['b', null, false]]);
  assert.equal(pieces('\x1b[38;5;208mx')[0]?.style.fg, '#ff8700');
  assert.equal(pieces('\x1b[38;5;9mx')[0]?.style.fg, '9');
  assert.equal(pieces('\x1b[38;5;244mx')[0]?.style.fg, '#808080');
  assert.equal(pieces('\x1b[38;2;1;2;300mx')[0]?.style.fg, '#0102ff');
  assert.equal(pieces('\x1b[48:2::10:20:30mx')[0]?.style.bg, '#0a141e');
  assert.equal(pieces('\x1b[38;2;1mx')[0]?.style.fg, '#010000');
});

test('a style goes on in the next line', () => {
  assert.equal(parseLine('\x1b[33mx', plainStyle).after.fg, '3');
  assert.equal(parseLine('y', parseLine('\x1b[33mx', plainStyle).after).pieces[0]?.style.fg, '3');
});

test('a carriage return begins the line anew, an erased line is empty', () => {
  assert.equal(textOf('10 %\r50 %\r100 %'), '100 %');
  assert.equal(textOf('done\r'), 'done');
  assert.equal(textOf('old\x1b[2Knew'), 'new');
  assert.equal(textOf('kept\x1b[K'), 'kept');
});

test('links lead to pages only', () => {
  const link = (address: string) => pieces(`\x1b]8;;${address}\x1b\\text\x1b]8;;\x1b\\`)[0]?.style.link;
  assert.equal(link('https://acme.test/x'), 'https://acme.test/x');
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', ' https://x', 'https://u:p@acme.test/', '//x', `https://${'a'.repeat(3000)}`])
    assert.equal(link(bad), null, bad);
});

test('what else a terminal obeys is taken out', () => {
  for (const bad of ['\x1b]0;title\x07', '\x1b]52;c;aGk=\x07', '\x1b[2J', '\x1b[10;10H', '\x1b[?1049h', '\x1bP+q\x1b\\', '\x1bc', '\x1b(0', '\x9b31m', '\x1b[', '\x1b', '\x1b]8;;https://never'])
    assert.equal(textOf(`a${bad}`), 'a', JSON.stringify(bad));
  assert.equal(textOf('a\x1b]52;c;never ends'), 'a');
  assert.equal(textOf('<b onclick=x>&lt;'), '<b onclick=x>&lt;');
  assert.equal(textOf('a\u202eb\x07c\x00'), 'a\ufffdb\ufffdc\ufffd');
});

test('a line of a megabyte of escapes takes no long time', () => {
  const start = performance.now();
  textOf('\x1b['.repeat(500_000));
  textOf('\x1b]8;;'.repeat(200_000));
  textOf('\x1b[1m'.repeat(250_000));
  textOf('x\r'.repeat(5000));
  assert.ok(performance.now() - start < 3000);
});
