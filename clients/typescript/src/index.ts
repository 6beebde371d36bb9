/**
 * A typed client of Zhenyan's interface for programs. Paths, parameters, bodies and answers are those of the OpenAPI
 * document (`schema.ts`, generated); here is only what a document can't say: the key, trying again, going over pages.
 */
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Schemas = components["schemas"];
export type { paths };

/** What failed on the way and may go well later. */
const AGAIN = new Set([429, 502, 503, 504]);
/** Sent again it takes as long again. */
const NEVER_AGAIN = new Set(["judging_long"]);
const LONGEST_WAIT_S = 60;

export interface Options {
  /** How often a call is sent at most; 5 if not given. */
  attempts?: number;
  /** What sends requests; the platform's own `fetch` if not given. */
  fetch?: (request: Request) => Promise<Response>;
  /** What passes the time between two tries, in milliseconds. */
  sleep?: (ms: number) => Promise<void>;
}

/** The server refused: `status`, `code` for programs, `message` for people, `errors` with path and reason. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Schemas["Problem"]>,
  ) {
    super(problem.detail ?? `status ${status}`);
    this.name = "Refused";
  }

  get code(): string | undefined {
    return this.problem.code;
  }

  get errors(): readonly { path: string; reason: string }[] {
    return this.problem.errors ?? [];
  }
}

/** A client of the server at this address, in the name of one key. */
export function zhenyan(baseUrl: string, key: string, options: Options = {}): Client<paths> {
  const client = createClient<paths>({ baseUrl: baseUrl.replace(/\/$/, ""), fetch: patient(options) });
  client.use(keyed(key));
  return client;
}

/** What a call gave; Refused where the server refused it. */
export async function done<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Refused(response.status, (error ?? {}) as Partial<Schemas["Problem"]>);
  return data as T;
}

/** Every entry of a list, page by page: `page` asks for the page behind `after`. */
export async function* pages<P extends { next_after: string | null }, T>(
  page: (after: string | undefined) => Promise<P>,
  entries: (page: P) => readonly T[],
): AsyncGenerator<T> {
  let after: string | undefined;
  do {
    const found: P = await page(after);
    yield* entries(found);
    after = found.next_after ?? undefined;
  } while (after !== undefined);
}

function keyed(key: string): Middleware {
  return {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${key}`);
      return request;
    },
  };
}

function patient(options: Options): (request: Request) => Promise<Response> {
  const attempts = options.attempts ?? 5;
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const sleep = options.sleep ?? ((ms: number) => new Promise<void>((go) => setTimeout(go, ms)));
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const once = request.clone();
      try {
        const answer = await send(once);
        if (!AGAIN.has(answer.status) || attempt >= attempts || (await isFinal(answer))) return answer;
        await sleep(waitMs(answer.headers.get("Retry-After"), attempt));
      } catch (error) {
        if (attempt >= attempts || !isSafe(request)) throw error;
        await sleep(waitMs(null, attempt));
      }
    }
  };
}

/** Whether the same request sent twice does what it does once: an order does where it has an Idempotency-Key. */
function isSafe(request: Request): boolean {
  return request.method !== "POST" || request.headers.has("Idempotency-Key");
}

async function isFinal(answer: Response): Promise<boolean> {
  const told = (await answer.clone().json().catch(() => ({}))) as { code?: string };
  return told.code !== undefined && NEVER_AGAIN.has(told.code);
}

function waitMs(retryAfter: string | null, attempt: number): number {
  const asked = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const seconds = asked ?? 0.5 * 2 ** (attempt - 1) * (1 + Math.random());
  return 1000 * Math.min(seconds, LONGEST_WAIT_S);
}
