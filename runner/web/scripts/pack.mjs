// SPDX-License-Identifier: Apache-2.0
// pack.mjs FROM TO: makes of the built page in FROM what the binary takes in: compressed forms, an assembler file that
// includes them (TO/page.S), and the table of them (TO/page_table.cpp, declared by runner/web/assets.hpp).
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json', '.txt': 'text/plain; charset=utf-8',
};

const [from, to] = process.argv.slice(2);
const packed = join(to, 'packed');
rmSync(packed, { recursive: true, force: true });
mkdirSync(packed, { recursive: true });

const names = readdirSync(from, { recursive: true }).filter((name) => statSync(join(from, name)).isFile())
  .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
if (!names.includes('index.html')) throw new Error(`${from} has no index.html`);

let assembler = '    .section .rodata\n';
let declared = '';
let rows = '';
const total = { plain: 0, gzip: 0, brotli: 0 };

names.forEach((name, index) => {
  const type = types[extname(name)];
  if (!type) throw new Error(`${name}: what type is it? Add it to scripts/pack.mjs`);
  if (!/^[\w./-]+$/.test(name)) throw new Error(`${name}: a name that an address should not have`);
  const plain = readFileSync(join(from, name));
  const forms = {
    plain,
    gzip: gzipSync(plain, { level: 9 }),
    brotli: brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
  };
  const views = Object.entries(forms).map(([form, bytes]) => {
    total[form] += Math.min(bytes.length, plain.length);
    if (form !== 'plain' && bytes.length >= plain.length) return '{}';
    const file = join(packed, `${index}.${form}`);
    writeFileSync(file, bytes);
    const symbol = `latchkey_page_${index}_${form}`;
    assembler += `    .global ${symbol}, ${symbol}_end\n${symbol}:\n    .incbin "${file}"\n${symbol}_end:\n    .byte 0\n`;
    declared += `extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n`;
    return `{${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}`;
  });
  const tag = createHash('sha256').update(plain).digest('hex').slice(0, 20);
  rows += `        {"${name}", "${type}", "${tag}",\n         ${views.join(',\n         ')}},\n`;
});

assembler += '    .section .note.GNU-stack,"",@progbits\n';
writeFileSync(join(to, 'page.S'), assembler);
writeFileSync(join(to, 'page_table.cpp'), `#include "runner/web/assets.hpp"

#include <cstddef>

extern "C" {
${declared}}

namespace latchkey::web {
std::span<const asset> assets() {
    static const asset table[] = {
${rows}    };
    return table;
}
}  // namespace latchkey::web
`);
const kb = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
console.log(`The page: ${names.length} files, ${kb(total.plain)}; gzip ${kb(total.gzip)}, brotli ${kb(total.brotli)}`);
