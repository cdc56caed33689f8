// SPDX-License-Identifier: Apache-2.0
// Ends with 0 where this Node.js can build the page, and with 1 where it is too old.
const [major, minor] = process.versions.node.split('.').map(Number);
process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1);
