import type { Reply } from "./ScriptedService.ts"
import { disconnect, status } from "./ScriptedService.ts"

/** OpenAI's own wire format, as the reference of the Responses API's streaming events shows it. */
const write = (events: ReadonlyArray<{ readonly type: string }>) =>
  events
    .map((event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`)
    .join("")

const response = (fields: object) => ({ id: "resp_1", object: "response", output: [], error: null, ...fields })

const started = [
  { type: "response.created", response: response({ status: "in_progress" }) },
  { type: "response.in_progress", response: response({ status: "in_progress" }) }
]

/** One item of an answer. */
export interface Item {
  readonly type: string
  readonly [field: string]: unknown
}

export const message = (text: string, fields: object = {}): Item => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
  ...fields
})

export const refusal = (text: string): Item => message("", { content: [{ type: "refusal", refusal: text }] })

export const call = (id: string, name: string, json = "{}", fields: object = {}): Item => ({
  type: "function_call",
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: json,
  status: "completed",
  ...fields
})

export const reasoning = (encrypted: string | null): Item => ({
  type: "reasoning",
  id: "rs_1",
  summary: [],
  ...(encrypted === null ? {} : { encrypted_content: encrypted })
})

const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 15
}

const stream = (text: string): Reply => (reply) => {
  reply.writeHead(200, { "content-type": "text/event-stream" })
  reply.end(text)
}

export interface Answered {
  /** Reason of an incomplete answer; absent from a complete one. */
  readonly cut?: string
  readonly usage?: object
  /** Items that are in the whole answer only, after the others. */
  readonly undone?: ReadonlyArray<Item>
}

/** A whole answer. */
export const answer = (
  items: ReadonlyArray<Item>,
  { cut, undone = [], usage: counts = {} }: Answered = {}
): Reply =>
  stream(write([
    ...started,
    ...items.flatMap((item, index) => [
      { type: "response.output_item.added", output_index: index, item: { ...item, status: "in_progress" } },
      { type: "keepalive" },
      { type: "response.output_item.done", output_index: index, item }
    ]),
    {
      type: cut === undefined ? "response.completed" : "response.incomplete",
      response: response({
        status: cut === undefined ? "completed" : "incomplete",
        incomplete_details: cut === undefined ? null : { reason: cut },
        output: [...items, ...undone],
        usage: { ...usage, ...counts }
      })
    }
  ]))

/** The first half of an answer, and then nothing more: the connection breaks, or ends as if all were well. */
const half = (how: "broken" | "ended"): Reply => (reply) => {
  reply.writeHead(200, { "content-type": "text/event-stream" })
  const events = [...started, { type: "response.output_item.done", output_index: 0, item: message("I have found") }]
  reply.write(write(events), () => {
    if (how === "broken") reply.destroy()
    else reply.end()
  })
}

/** The answer's beginning, after which the service says no more and keeps the connection open. */
export const stall: Reply = (reply) => {
  reply.writeHead(200, { "content-type": "text/event-stream" })
  reply.write(write(started))
}

/** An answer that the service gives up in the middle of. */
export const failedResponse = (code: string, text: string): Reply =>
  stream(write([
    ...started,
    { type: "response.failed", response: response({ status: "failed", error: { code, message: text } }) } as Item
  ]))

export const errorEvent = (code: string, text: string): Reply =>
  stream(write([...started, { type: "error", code, message: text, param: null } as Item]))

export const raw = stream

export const failed = (
  code: number,
  error: { readonly message: string; readonly type?: string; readonly code?: string; readonly param?: string },
  headers: Record<string, string> = {}
): Reply => status(code, { error: { type: "invalid_request_error", code: null, param: null, ...error } }, headers)

/** Failures that pass. */
export const passing = {
  "a 429": failed(429, { code: "rate_limit_exceeded", message: "Rate limit reached" }, { "retry-after": "0" }),
  "a 503": failed(503, { type: "server_error", message: "The engine is currently overloaded" }),
  "a 500": failed(500, { type: "server_error", message: "The server had an error" }),
  "a 502 that is a page": status(502, "<html>Bad gateway</html>", { "content-type": "text/html" }),
  "a disconnect": disconnect,
  "half a stream that breaks": half("broken"),
  "half a stream that ends as if it were whole": half("ended"),
  "an error in the middle of a stream": errorEvent("server_error", "The server had an error"),
  "an answer that is given up": failedResponse("server_error", "An error occurred"),
  "an answer that is given up for nothing that we know": failedResponse("of_next_year", "An error occurred"),
  "a page instead of a stream": status(200, "<html>Welcome</html>", { "content-type": "text/html" }),
  "broken JSON in a stream": raw("event: response.created\ndata: {\"type\":\"response.cr\n\n"),
  "an event of the wrong shape": raw("event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n"),
  "an item of the wrong shape": answer([{ type: "function_call", name: 7 }]),
  "a call with broken JSON": answer([call("c1", "Read", "{\"file")])
}
