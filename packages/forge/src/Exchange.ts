import { Context } from "effect"

/** One request to a forge. */
export interface ForgeRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** Answer of a forge: the part of a `Response` that its clients read. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  readonly url: string
  readonly headers: Iterable<[string, string]> & { readonly get: (name: string) => string | null | undefined }
  readonly text: () => Promise<string>
  readonly arrayBuffer: () => Promise<ArrayBuffer>
}

/** Error of a request whose answer is larger than what is read. The next one would be, too. */
export class AnswerTooLarge extends Error {}

/** Function that sends one HTTP request to a forge, and follows no redirect. */
export const Exchange = Context.Reference<(url: string, sent: ForgeRequest) => Promise<Answer>>(
  "@nominal-code/forge/Exchange",
  { defaultValue: () => (url, sent) => fetch(url, { ...sent, redirect: "manual" }) }
)
