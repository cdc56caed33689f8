// SPDX-License-Identifier: Apache-2.0
// Who is signed in. The cookie is the server's and no script can read it; the token against forged calls is kept here,
// in memory only.
import { createStore } from '../app/store';
import { ApiError, call, get, onSignedOut, send, useCsrfToken } from './http';

export interface Session {
  user: { id: number; name: string; email: string };
  how: 'password' | 'openid' | 'token';
  csrf_token: string | null;
  created_at: string | null;
  expires_at: string | null;
  confirmed_until: string | null;
}

export type Standing =
  | { state: 'asking' }
  | { state: 'out'; ended: boolean }  // ended: was signed in a moment ago
  | { state: 'in'; session: Session }
  | { state: 'unreachable'; error: ApiError };

export const standing = createStore<Standing>({ state: 'asking' });

function enter(session: Session): void {
  useCsrfToken(session.csrf_token);
  standing.set({ state: 'in', session });
}

onSignedOut(() => {
  useCsrfToken(null);
  standing.set({ state: 'out', ended: standing.get().state === 'in' });
});

export async function askWhoIAm(): Promise<void> {
  try {
    enter(await get<Session>('/latchkey/v1/session'));
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403))
      standing.set({ state: 'out', ended: false });
    else if (error instanceof ApiError) standing.set({ state: 'unreachable', error });
    else throw error;
  }
}

export async function signIn(email: string, password: string): Promise<void> {
  enter((await call<Session>('POST', '/latchkey/v1/session', { body: { email, password } })).body);
}

export async function signOut(): Promise<void> {
  await send('DELETE', '/latchkey/v1/session').catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  });
  useCsrfToken(null);
  standing.set({ state: 'out', ended: false });
}

// For what asks for the password again.
export async function confirm(password: string): Promise<void> {
  enter(await send<Session>('POST', '/latchkey/v1/session/confirm', { password }));
}

export const setPassword = (code: string, password: string) =>
  send<{ email: string }>('POST', '/latchkey/v1/password', { code, password });

export const providerAddress = (returnTo: string, again = false) =>
  `/latchkey/v1/login/oidc?return=${encodeURIComponent(returnTo)}${again ? '&confirm=1' : ''}`;

export interface WaysIn { password: boolean; openid: boolean }

// A server that does not say takes passwords.
export const waysIn = () => get<WaysIn>('/latchkey/v1/login').catch(() => ({ password: true, openid: false }));
