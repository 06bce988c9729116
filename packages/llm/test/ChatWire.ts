import type { Reply } from "./ScriptedService.ts"
import { status } from "./ScriptedService.ts"

/** Chat Completions, as a service streams them. */
const data = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`

const chunk = (delta: object, finish: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }]
})

export const stream = (text: string): Reply => (reply) => {
  reply.writeHead(200, { "content-type": "text/event-stream" })
  reply.end(text)
}

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }

export interface AnswerOptions {
  readonly finish?: string
  readonly usage?: object | null
}

/** The events of a whole answer: its deltas, its end, and its usage. */
const events = (deltas: ReadonlyArray<object>, { finish = "stop", usage: counts = usage }: AnswerOptions = {}) => [
  data(chunk({ role: "assistant", content: "" })),
  ...deltas.map((delta) => data(chunk(delta))),
  data(chunk({}, finish)),
  ...(counts === null ? [] : [data({ id: "chatcmpl-1", choices: [], usage: counts })]),
  "data: [DONE]\n\n"
]

export const answer = (deltas: ReadonlyArray<object>, answered: AnswerOptions = {}): Reply =>
  stream(events(deltas, answered).join(""))

export const text = (content: string) => ({ content })

export const call = (index: number, id: string, name: string, json = "{}") => ({
  tool_calls: [{ index, id, type: "function", function: { name, arguments: json } }]
})

/** The first half of an answer: the connection breaks, or ends as if all were well. */
export const half = (how: "broken" | "ended"): Reply => (reply) => {
  reply.writeHead(200, { "content-type": "text/event-stream" })
  reply.write(data(chunk({ content: "I have found" })), () => {
    if (how === "broken") reply.destroy()
    else reply.end()
  })
}

/** The answer's beginning, after which the service says no more and keeps the connection open. */
export const stall: Reply = (reply) => {
  reply.writeHead(200, { "content-type": "text/event-stream" })
  reply.write(data(chunk({ role: "assistant", content: "" })))
}

export const failed = (code: number, error: object, headers: Record<string, string> = {}): Reply =>
  status(code, { error }, headers)

/** An error in the middle of a stream, as OpenRouter sends it. */
export const errorEvent = (code: number | string, message: string): Reply =>
  stream(data(chunk({ content: "I have" })) + data({ error: { code, message } }))
