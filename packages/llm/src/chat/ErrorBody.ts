import { Option, Schema } from "effect"
import type { Transport } from "../Transport.ts"

const Words = Schema.Union([Schema.String, Schema.Json])

const Loose = Schema.fromJsonString(Schema.Struct({
  error: Schema.optionalKey(Schema.Unknown),
  message: Schema.optionalKey(Words),
  detail: Schema.optionalKey(Words),
  type: Schema.optionalKey(Schema.Unknown),
  code: Schema.optionalKey(Schema.Unknown)
}))

const decode = Schema.decodeUnknownOption(Loose)

const wordsOf = (value: Schema.Json): string => typeof value === "string" ? value : JSON.stringify(value)

/** An error's body as OpenAI writes it. Others leave the outer `error` out, or have it hold the words alone. */
const inShape = (body: string): string =>
  Option.match(decode(body), {
    onNone: () => body,
    onSome: ({ code, detail, error, message, type }) => {
      if (typeof error === "string") return JSON.stringify({ error: { message: error, code, type } })
      const words = message ?? detail
      return error !== undefined || words === undefined
        ? body
        : JSON.stringify({ error: { message: wordsOf(words), code, type } })
    }
  })

/** A `fetch` whose errors have the shape that the SDK reads: of others it would drop the words. */
export const readable = (fetch: Transport["fetch"]): Transport["fetch"] => (input, init) =>
  fetch(input, init).then((response) => {
    if (response.ok) return response
    const { headers, status, statusText } = response
    return response.text().then((body) => new Response(inShape(body), { headers, status, statusText }))
  })
