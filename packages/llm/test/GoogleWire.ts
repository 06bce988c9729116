import type { Reply } from "./ScriptedService.ts"
import { disconnect, status } from "./ScriptedService.ts"

/** Gemini's own wire format, as the reference of `streamGenerateContent` shows it. */
type Part = Readonly<Record<string, unknown>>

const write = (chunks: ReadonlyArray<object>) =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("")

const chunk = (parts: ReadonlyArray<Part>, rest: object = {}) => ({
  candidates: [{ content: { role: "model", parts }, index: 0, ...rest }],
  usageMetadata: { promptTokenCount: 10, thoughtsTokenCount: 8, totalTokenCount: 18 },
  modelVersion: "gemini",
  responseId: "r1"
})

export const text = (text: string, rest: object = {}): Part => ({ text, ...rest })

export const call = (name: string, args?: object, rest: object = {}): Part => ({
  functionCall: { name, ...(args === undefined ? {} : { args }) },
  ...rest
})

const stream = (text: string): Reply => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.end(text)
}

export interface AnswerOptions {
  readonly finish?: string
  readonly usage?: object
}

/** A whole answer: each part in a chunk of its own, then a last chunk that says why it ends. */
export const answer = (parts: ReadonlyArray<Part>, { finish = "STOP", usage = {} }: AnswerOptions = {}): Reply =>
  stream(write([
    ...parts.map((part) => chunk([part])),
    {
      candidates: [{ content: { role: "model" }, finishReason: finish, index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15, ...usage }
    }
  ]))

/** The first half of an answer, and then nothing more: it breaks, ends as if all were well, or within an event. */
export const half = (how: "broken" | "ended" | "torn"): Reply => (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  const begun = write([chunk([text("I have found")])])
  response.write(how === "torn" ? `${begun}data: {"candidates": [{"con` : begun, () => {
    if (how === "broken") response.destroy()
    else response.end()
  })
}

/** The answer's beginning, after which the service says no more and keeps the connection open. */
export const stall: Reply = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.write(write([chunk([text("I have found")])]))
}

export const chunks = (...chunks: ReadonlyArray<object>): Reply => stream(write(chunks))

const raw = stream

const error = (code: number, status: string, message: string, details: ReadonlyArray<object>) => ({
  error: { code, message, status, ...(details.length === 0 ? {} : { details }) }
})

export const failed = (code: number, name: string, message: string, ...details: ReadonlyArray<object>): Reply =>
  status(code, error(code, name, message, details))

/** The answer's beginning, and then an error in its place. */
const failedWithin = (code: number, name: string, message: string): Reply =>
  stream(write([chunk([text("I have found")]), error(code, name, message, [])]))

export const retryIn = (retryDelay: string) => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay })

export const because = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "googleapis.com"
})

/** Failures that pass. */
export const passing = {
  "a 429": failed(429, "RESOURCE_EXHAUSTED", "Quota exceeded, input_token_count", retryIn("0.001s")),
  "a 503": failed(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
  "a 500": failed(500, "INTERNAL", "An internal error has occurred."),
  "a 504": failed(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
  "a 502 that is a page": status(502, "<html>Bad gateway</html>", { "content-type": "text/html" }),
  "a 502 with broken JSON": status(502, "{\"error\":"),
  "a disconnect": disconnect,
  "half a stream that breaks": half("broken"),
  "half a stream that ends as if it were whole": half("ended"),
  "half a stream that ends within an event": half("torn"),
  "an error in the middle of a stream": failedWithin(503, "UNAVAILABLE", "The model is overloaded."),
  "a page instead of a stream": status(200, "<html>Welcome</html>", { "content-type": "text/html" }),
  "an empty stream": raw(""),
  "broken JSON in a stream": raw("data: {\"candidates\":[{\"con\n\n"),
  "a chunk of the wrong shape": chunks({ candidates: [7] }),
  "a call without a name": answer([{ functionCall: { args: {} } }]),
  "no candidates": chunks({ candidates: [], usageMetadata: { promptTokenCount: 7 } }),
  "a call that the service calls malformed": answer([], { finish: "MALFORMED_FUNCTION_CALL" }),
  "a call of a tool that there is not": answer([call("Write")], { finish: "UNEXPECTED_TOOL_CALL" })
}
