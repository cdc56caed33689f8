// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vite';

// `npm run dev` shows the page beside a running server: LATCHKEY_URL says where that is. Its check of where a call
// comes from is by the Host header, so the proxy leaves that as the browser sent it.
const server = process.env['LATCHKEY_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/app/',
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,  // the Content-Security-Policy lets nothing inline through
    modulePreload: { polyfill: false },
    cssCodeSplit: true,
    reportCompressedSize: true,
    rollupOptions: { output: { entryFileNames: 'assets/[hash].js', chunkFileNames: 'assets/[hash].js',
      assetFileNames: 'assets/[hash][extname]' } },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/latchkey', '/workspaces', '/user', '/api'].map((at) => [at, { target: server,
      changeOrigin: false }])),
  },
});
