import type { Reply } from "./ScriptedService.ts"
import { disconnect, status } from "./ScriptedService.ts"

/** Anthropic's own wire format, as its streaming reference shows it. */
const write = (events: ReadonlyArray<{ readonly type: string }>) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")

const started = (usage: object) => ({
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude",
    content: [],
    stop_reason: null,
    usage: { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, ...usage }
  }
})

const ended = (stop: string, output: number) => [
  { type: "message_delta", delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: output } },
  { type: "message_stop" }
]

/** One content block as its start, its deltas and its stop. */
export const textBlock = (index: number, ...parts: ReadonlyArray<string>) => [
  { type: "content_block_start", index, content_block: { type: "text", text: "" } },
  ...parts.map((text) => ({ type: "content_block_delta", index, delta: { type: "text_delta", text } })),
  { type: "content_block_stop", index }
]

export const toolBlock = (index: number, id: string, name: string, ...json: ReadonlyArray<string>) => [
  { type: "content_block_start", index, content_block: { type: "tool_use", id, name, input: {} } },
  ...json.map((partial_json) => ({
    type: "content_block_delta",
    index,
    delta: { type: "input_json_delta", partial_json }
  })),
  { type: "content_block_stop", index }
]

export const thinkingBlock = (index: number, thinking: string, signature: string) => [
  { type: "content_block_start", index, content_block: { type: "thinking", thinking: "", signature: "" } },
  { type: "content_block_delta", index, delta: { type: "thinking_delta", thinking } },
  { type: "content_block_delta", index, delta: { type: "signature_delta", signature } },
  { type: "content_block_stop", index }
]

const stream = (text: string): Reply => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.end(text)
}

export interface AnswerOptions {
  readonly stop?: string
  readonly usage?: object
  readonly output?: number
}

/** A whole answer. */
export const answer = (
  blocks: ReadonlyArray<{ readonly type: string }>,
  { output = 5, stop = "end_turn", usage = {} }: AnswerOptions = {}
): Reply =>
  stream(write([
    started(usage),
    { type: "ping" },
    ...blocks,
    { type: "an_event_of_next_year" },
    ...ended(stop, output)
  ]))

/** The first half of an answer, and then nothing more: the connection breaks, or ends as if all were well. */
const half = (how: "broken" | "ended"): Reply => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write(write([started({}), ...textBlock(0, "I have found")]), () => {
    if (how === "broken") response.destroy()
    else response.end()
  })
}

/** The answer's beginning, after which the service says no more and keeps the connection open. */
export const stall: Reply = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write(write([started({})]))
}

const errorEvent = (type: string): Reply =>
  stream(write([started({}), { type: "error", error: { type, message: "Overloaded" } } as { type: string }]))

const raw = stream

export const failed = (code: number, type: string, message: string, headers: Record<string, string> = {}): Reply =>
  status(code, { type: "error", error: { type, message }, request_id: "req_1" }, headers)

/** Failures that pass. */
export const passing = {
  "a 429": failed(429, "rate_limit_error", "slow down", { "retry-after": "0" }),
  "a 529": failed(529, "overloaded_error", "Overloaded"),
  "a 500": failed(500, "api_error", "Internal server error"),
  "a 502 that is a page": status(502, "<html>Bad gateway</html>", { "content-type": "text/html" }),
  "a disconnect": disconnect,
  "half a stream that breaks": half("broken"),
  "half a stream that ends as if it were whole": half("ended"),
  "an error in the middle of a stream": errorEvent("overloaded_error"),
  "a page instead of a stream": status(200, "<html>Welcome</html>", { "content-type": "text/html" }),
  "broken JSON in a stream": raw("event: message_start\ndata: {\"type\":\"message_st\n\n"),
  "an event of the wrong shape": raw(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":7}\n\n"
  ),
  "a call with broken JSON": answer(toolBlock(0, "t1", "Read", "{\"file"), { stop: "tool_use" })
}
