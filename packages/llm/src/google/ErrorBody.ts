import { Option, Schema } from "effect"
import type { Transport } from "../Transport.ts"

const isJson = (text: string) => Option.isSome(Schema.decodeOption(Schema.fromJsonString(Schema.Unknown))(text))

/** A `fetch` whose errors say what they are: the SDK fails at a page that says it is JSON, and drops its status. */
export const readable = (fetch: Transport["fetch"]): Transport["fetch"] => (input, init) =>
  fetch(input, init).then((response) => {
    if (response.ok) return response
    const { status, statusText } = response
    return response.text().then((body) => {
      const headers = new Headers(response.headers)
      if (!isJson(body)) headers.set("content-type", "text/plain")
      return new Response(body, { headers, status, statusText })
    })
  })
