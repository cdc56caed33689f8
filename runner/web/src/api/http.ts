// SPDX-License-Identifier: Apache-2.0
// Calls of the REST API as the signed-in user. One error shape, the token against forged calls, entity tags. What the
// server refuses is an ApiError with the server's own words; no connection is one with status 0.

export class ApiError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string;
  constructor(status: number, message: string, body: unknown = null, requestId = '') {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
    this.requestId = requestId;
  }
  get notThere(): boolean { return this.status === 404; }
  get noConnection(): boolean { return this.status === 0; }
}

export interface Answer<T> { body: T; etag: string | null; status: number }

export interface Options {
  body?: unknown;
  ifMatch?: string | null;
  idempotencyKey?: string;
  text?: boolean;  // the body is text, and goes as it is
  signal?: AbortSignal;
}

let csrfToken: string | null = null;
export function useCsrfToken(token: string | null): void { csrfToken = token; }

// Whoever keeps the session is told when the server knows of none any more.
let whenSignedOut: () => void = () => {};
export function onSignedOut(then: () => void): void { whenSignedOut = then; }

export function messageOf(body: unknown): string {
  const errors = (body as { errors?: { message?: unknown }[] } | null)?.errors;
  return Array.isArray(errors) ? errors.map((e) => String(e.message ?? '')).filter(Boolean).join('; ') : '';
}

function ownWords(status: number): string {
  if (status === 404) return 'This is not here, or you may not see it.';
  if (status === 429) return 'Too many calls for now. Wait a moment, then try again.';
  if (status >= 500) return 'The server could not do it; its log says why. Try again.';
  return `The server refused this (${status}).`;
}

export function errorOf(status: number, body: unknown, requestId = ''): ApiError {
  return new ApiError(status, messageOf(body) || ownWords(status), body, requestId);
}

// `path` begins with "/": see paths.ts.
export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.body !== undefined) headers['Content-Type'] = options.text ? 'text/plain; charset=utf-8' : 'application/json';
  if (method !== 'GET' && csrfToken !== null) headers['X-CSRF-Token'] = csrfToken;
  if (options.ifMatch) headers['If-Match'] = options.ifMatch;
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  const request: RequestInit = { method, headers, credentials: 'same-origin', redirect: 'error' };
  if (options.body !== undefined) request.body = options.text ? String(options.body) : JSON.stringify(options.body);
  if (options.signal) request.signal = options.signal;
  let reply: Response;
  try {
    reply = await fetch(path, request);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'The server can’t be reached. Check the connection, then try again.');
  }
  // What is broken off in the middle of an answer says nothing, and must not pass for an answer of nothing.
  const body: unknown = reply.status === 204 ? null : await reply.json().catch((error: unknown) => {
    if (options.signal?.aborted) throw error;
    if (reply.ok) throw new ApiError(0, 'The server’s answer was cut off. Check the connection, then try again.');
    return null;
  });
  if (!reply.ok) {
    if (reply.status === 401 && path !== '/latchkey/v1/session') whenSignedOut();
    throw errorOf(reply.status, body, reply.headers.get('X-Request-Id') ?? '');
  }
  return { body: body as T, etag: reply.headers.get('ETag'), status: reply.status };
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', path, signal ? { signal } : {})).body;
}

export async function send<T>(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown,
  options: Options = {}): Promise<T> {
  return (await call<T>(method, path, { ...options, body })).body;
}

// Every item of a list, a page at a time: for lists that people read whole (projects, members), not for runs.
export async function all<T>(path: string, name: string, signal?: AbortSignal): Promise<T[]> {
  const size = 200;
  const items: T[] = [];
  for (let page = 1; page <= 50; ++page) {
    const url = `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${size}`;
    const part = (await get<Record<string, T[]>>(url, signal))[name] ?? [];
    items.push(...part);
    if (part.length < size) break;
  }
  return items;
}
