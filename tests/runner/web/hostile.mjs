// SPDX-License-Identifier: Apache-2.0
// Names and texts that somebody could give to make a page do what it should not.
export const corpus = [
  '<img src=x onerror="window.pwned=1">',
  '<script>window.pwned=1</script>',
  '"><svg onload=window.pwned=1><b>bold</b>',
  "'; window.pwned=1; //",
  '{{constructor.constructor("window.pwned=1")()}} ${window.pwned=1}',
  'javascript:window.pwned=1',
  '<style>*{display:none}</style><h1>Sign in again</h1><iframe src=javascript:window.pwned=1>',
  'deploy\u202egnp.exe', '\u2066\u2067isolates\u2069\u2069 \u200f\u200e marks \u200b\u2060 nothing',
  'red \u001b[31mred\u001b[0m \u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007 \u001b[2J\u001b[H',
  'line\r\nbreaks\r\n\r\nHTTP/1.1 200 OK\ttabs',
  'ﷺ'.repeat(40) + ' العربية עברית',
  'e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 zalgo '.repeat(4) + '👩‍👩‍👧‍👦🏳️‍🌈',
  '&lt;b&gt; &amp; &#x3c;script&#x3e;',
  'x'.repeat(10_000),
  'words and words '.repeat(600),
  '../../../etc/passwd %2e%2e%2f ?a=b&c#d',
  '__proto__', 'constructor', 'null', 'undefined', 'NaN',
];
